package dev.secateur.bridge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventJson;
import dev.secateur.event.KafkaBinding;
import dev.secateur.event.MalformedEventException;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import dev.secateur.store.StoredObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Answers that could not be written back, with the cause, in the object store: they block no other
 * and are tried again.
 */
final class SetAside {
  private static final Logger LOG = Logger.getLogger(SetAside.class);

  /** In one go. */
  private static final int MOST = 100;

  private static final int LARGEST = 2 * Answer.LARGEST;

  private final ObjectStore store;
  private final ObjectUri prefix;

  SetAside(ObjectStore store, ObjectUri prefix) {
    this.store = store;
    this.prefix = prefix.resolve("");
  }

  /**
   * @param uri of the object that it lies in; its age is since the last try
   */
  record Kept(ObjectUri uri, Answer answer, String since) {}

  void put(Answer answer, String cause, String since) {
    ObjectNode kept = answer.event().data().objectNode();
    kept.put("cause", cause).put("since", since).put("answers", answer.asked().id());
    try {
      kept.set("event", EventJson.parse(KafkaBinding.structured(answer.event()).value()));
    } catch (IOException e) {
      throw new IllegalStateException("an event cannot fail to be read again", e);
    }
    store.write(prefix.resolve(answer.asked().order()), EventJson.bytes(kept));
  }

  List<Kept> all() {
    List<Kept> all = new ArrayList<>();
    for (StoredObject object : store.list(prefix, "", MOST)) {
      store
          .read(object.uri(), LARGEST)
          .flatMap(bytes -> kept(object.uri(), bytes))
          .ifPresent(all::add);
    }
    return all;
  }

  private static Optional<Kept> kept(ObjectUri uri, byte[] bytes) {
    try {
      JsonNode kept = EventJson.parse(bytes);
      byte[] event = EventJson.bytes(kept.path("event"));
      Optional<VersionEvent> asked = VersionEvent.parse(kept.path("answers").asText());
      var read =
          KafkaBinding.read(
              KafkaBinding.STRUCTURED_HEADERS, Optional.of(event), Answer.LARGEST, "");
      return asked.map(a -> new Kept(uri, new Answer(a, read), kept.path("since").asText()));
    } catch (IOException | MalformedEventException e) {
      LOG.warnf("%s: cannot be read: %s", uri, e.getMessage());
      return Optional.empty();
    }
  }

  void remove(Kept kept) {
    store.delete(kept.uri());
  }
}
