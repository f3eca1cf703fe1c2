package dev.secateur.worker.health;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/**
 * Whether records that wait are read: where the broker has more than the worker's consumer has
 * taken, its position moves. One that stands for long tells of polls that fail again and again, as
 * those without a codec's native library do: the worker takes nothing more, and is not ready, and
 * after minutes not alive.
 */
final class Standstill {
  /** Beyond what a slow broker takes to send the largest record. */
  static final Duration UNREADY = Duration.ofSeconds(30);

  static final Duration DEAD = Duration.ofMinutes(5);

  /** Where a partition stands, and since when, by the nanosecond clock. */
  private record Stop(TopicPartition partition, long position, long since) {
    Duration age(long now) {
      return Duration.ofNanos(now - since);
    }
  }

  private volatile Map<TopicPartition, Stop> stops = Map.of();

  /**
   * @param positions of the partitions from which the worker wants records now
   * @param ends the broker's
   * @param now by the nanosecond clock
   */
  void look(Map<TopicPartition, Long> positions, Map<TopicPartition, Long> ends, long now) {
    Map<TopicPartition, Stop> next = new HashMap<>();
    positions.forEach(
        (partition, position) -> {
          if (position < ends.getOrDefault(partition, 0L)) {
            Stop before = stops.get(partition);
            next.put(
                partition,
                before != null && before.position() == position
                    ? before
                    : new Stop(partition, position, now));
          }
        });
    stops = next;
  }

  /** Nothing is known while the broker does not answer. */
  void forget() {
    stops = Map.of();
  }

  /** Empty: all is read. */
  Optional<String> trouble(long now) {
    return longest(now, UNREADY)
        .map(
            stop ->
                "records are not read: %s stands at offset %d for %d s"
                    .formatted(stop.partition(), stop.position(), stop.age(now).toSeconds()));
  }

  boolean isDead(long now) {
    return longest(now, DEAD).isPresent();
  }

  private Optional<Stop> longest(long now, Duration above) {
    return stops.values().stream()
        .max(Comparator.comparing(stop -> stop.age(now)))
        .filter(stop -> stop.age(now).compareTo(above) > 0);
  }
}
