package dev.secateur.ledger;

import dev.secateur.store.Created;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/** A store that never fails. Tells ages in whole seconds, as servers do. */
public class MemoryStore implements LedgerStore {
  final TreeMap<String, Stored> objects = new TreeMap<>();
  private final LongSupplier now;

  /**
   * @param written milliseconds
   */
  record Stored(byte[] content, long written) {}

  /**
   * @param now milliseconds
   */
  public MemoryStore(LongSupplier now) {
    this.now = now;
  }

  private Duration age(Stored stored) {
    return Duration.ofSeconds(
        Math.floorDiv(now.getAsLong(), 1000L) - Math.floorDiv(stored.written(), 1000L));
  }

  @Override
  public Optional<Entry> get(String key) {
    return Optional.ofNullable(objects.get(key)).map(s -> new Entry(s.content(), age(s)));
  }

  @Override
  public Created create(String key, byte[] content) {
    boolean fresh = objects.putIfAbsent(key, new Stored(content, now.getAsLong())) == null;
    return fresh ? Created.INTACT : Created.NO;
  }

  @Override
  public void put(String key, byte[] content) {
    objects.put(key, new Stored(content, now.getAsLong()));
  }

  @Override
  public void delete(String key) {
    objects.remove(key);
  }

  @Override
  public List<String> names(String prefix, String after, int most) {
    List<String> names = new ArrayList<>();
    for (String key : objects.tailMap(prefix, true).keySet()) {
      if (!key.startsWith(prefix) || names.size() == most) {
        break;
      }
      String rest = key.substring(prefix.length());
      int slash = rest.indexOf('/');
      String name = slash < 0 ? rest : rest.substring(0, slash + 1);
      boolean again = !names.isEmpty() && names.get(names.size() - 1).equals(name);
      if (name.compareTo(after) > 0 && !again) {
        names.add(name);
      }
    }
    return names;
  }

  @Override
  public List<Listed> list(String prefix, String after, int most) {
    List<Listed> listed = new ArrayList<>();
    for (var entry : objects.tailMap(prefix + after, after.isEmpty()).entrySet()) {
      if (!entry.getKey().startsWith(prefix) || listed.size() == most) {
        break;
      }
      listed.add(new Listed(entry.getKey().substring(prefix.length()), age(entry.getValue())));
    }
    return listed;
  }
}
