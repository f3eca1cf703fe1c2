package dev.secateur.train;

import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Where a training run leaves what another process resumes from. A file is complete when it is
 * offered and when it is found; what it holds is the training room's own business.
 */
public interface Checkpoints {
  /** Keeps nothing. */
  Checkpoints NONE =
      new Checkpoints() {
        @Override
        public Optional<Path> latest() {
          return Optional.empty();
        }

        @Override
        public void save(int step, State state) {}

        @Override
        public Duration interval() {
          return ChronoUnit.FOREVER.getDuration();
        }
      };

  /** The run as it is now. */
  @FunctionalInterface
  interface State {
    /**
     * Writes it to a file, over any that is there.
     *
     * @throws java.io.UncheckedIOException if that does not work
     */
    void writeTo(Path file);
  }

  /**
   * What the original says of the training samples: the same in every run on them, so that whoever
   * keeps checkpoints may have it from another one.
   *
   * @param mirrored also of the samples' mirror images
   * @param computing the values of each of its heads, one sample after the other; then, if asked
   *     for, those of the mirror images
   */
  default List<float[]> original(boolean mirrored, Supplier<List<float[]>> computing) {
    return computing.get();
  }

  /** The newest checkpoint, if any. */
  Optional<Path> latest();

  /** Keeps the state after {@code step} steps. */
  void save(int step, State state);

  /**
   * Time from one checkpoint to the next, zero for one after each step. It is stretched where
   * saving takes long: a run spends about a tenth of its time on checkpoints at most.
   */
  Duration interval();
}
