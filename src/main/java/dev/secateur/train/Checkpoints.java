package dev.secateur.train;

import java.nio.file.Path;
import java.util.Optional;

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
        public void save(int step, Path file) {}
      };

  /** The newest checkpoint, if any. */
  Optional<Path> latest();

  /** Keeps a copy of {@code file} as the state after {@code step} steps. */
  void save(int step, Path file);

  /** Steps between checkpoints; each epoch's end makes one besides. */
  default int everySteps() {
    return 100;
  }
}
