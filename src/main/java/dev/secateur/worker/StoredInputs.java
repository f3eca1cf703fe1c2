package dev.secateur.worker;

import dev.secateur.event.ModelRegistered;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoreException;
import dev.secateur.store.StoredObject;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The objects that a job reads, as the store knows them now. */
public record StoredInputs(Map<Role, Input> sources) {
  /** What an object is to the job. */
  public enum Role {
    MODEL,
    ARCHITECTURE,
    TRAIN,
    EVALUATION,
    REPRESENTATIVE;

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    public boolean isOfModel() {
      return this == MODEL || this == ARCHITECTURE;
    }
  }

  /**
   * @param sha256 the digest that the event demands
   */
  public record Input(StoredObject object, Optional<String> sha256) {}

  public StoredInputs {
    sources = Collections.unmodifiableMap(new EnumMap<>(sources));
  }

  Input model() {
    return sources.get(Role.MODEL);
  }

  /**
   * Looks each object up.
   *
   * @param store tells of an object, if it is there
   * @throws StoreException if one is not there, or may not be read
   */
  public static StoredInputs resolve(
      ModelRegistered event, Function<ObjectUri, Optional<StoredObject>> store) {
    Map<Role, Input> sources = new EnumMap<>(Role.class);
    sources.put(Role.MODEL, input(store, event.model().uri(), event.model().sha256()));
    event.model().architecture().ifPresent(s -> sources.put(Role.ARCHITECTURE, input(store, s)));
    ModelRegistered.Datasets datasets = event.datasets();
    datasets.train().ifPresent(s -> sources.put(Role.TRAIN, input(store, s)));
    datasets.evaluation().ifPresent(s -> sources.put(Role.EVALUATION, input(store, s)));
    datasets
        .representative()
        .flatMap(ModelRegistered.Representative::source)
        .ifPresent(s -> sources.put(Role.REPRESENTATIVE, input(store, s)));
    return new StoredInputs(sources);
  }

  private static Input input(
      Function<ObjectUri, Optional<StoredObject>> store, ModelRegistered.Source source) {
    return input(store, source.uri(), source.sha256());
  }

  private static Input input(
      Function<ObjectUri, Optional<StoredObject>> store, String uri, Optional<String> sha256) {
    ObjectUri address = ObjectUri.of(uri);
    StoredObject object =
        store
            .apply(address)
            .orElseThrow(
                () ->
                    new StoreException(
                        StoreException.Kind.NOT_FOUND, address + ": does not exist"));
    return new Input(object, sha256);
  }
}
