package dev.secateur.train;

import static dev.secateur.train.TrainingException.Reason.LABELS;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Target;
import dev.secateur.graph.Head;
import dev.secateur.graph.Tensor;
import dev.secateur.plan.FineTuning;
import dev.secateur.plan.FineTuning.Augment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The batches of a run, read ahead by a thread of their own. What is in a batch is a function of
 * the seed and the batch's number alone, so that a run can start anywhere.
 */
final class Batches implements AutoCloseable {
  private static final int AHEAD = 2;

  private final Dataset data;
  private final int[] samples;
  private final FineTuning how;
  private final Optional<Teacher> original;
  private final List<Head> heads;
  private final int total;
  private final ExecutorService reader =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "secateur-batches");
            thread.setDaemon(true);
            return thread;
          });
  private final Queue<Future<Feed>> ahead = new ArrayDeque<>();
  private int asked;
  private int shuffledEpoch = -1;
  private int[] order = new int[0];

  /**
   * @param samples numbers of those that the run trains on
   * @param heads that class numbers must fit
   * @param first number of the first batch that is wanted, from 0
   */
  Batches(
      Dataset data,
      int[] samples,
      FineTuning how,
      Optional<Teacher> original,
      List<Head> heads,
      int first) {
    this.data = data;
    this.samples = samples.clone();
    this.how = how;
    this.original = original;
    this.heads = List.copyOf(heads);
    this.total = perEpoch(samples.length, how.batchSize()) * how.epochs();
    this.asked = first;
    for (int i = 0; i < AHEAD; i++) {
      ask();
    }
  }

  static int perEpoch(int samples, int batchSize) {
    return (samples + batchSize - 1) / batchSize;
  }

  private void ask() {
    if (asked < total) {
      int number = asked++;
      ahead.add(reader.submit(() -> read(number)));
    }
  }

  /** The next batch; the caller closes it. */
  Feed next() {
    Future<Feed> oldest = ahead.remove();
    ask();
    try {
      return oldest.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a batch", e);
    }
  }

  private Feed read(int number) {
    int perEpoch = perEpoch(samples.length, how.batchSize());
    int start = number % perEpoch * how.batchSize();
    int[] epoch = order(number / perEpoch);
    int[] indices =
        Arrays.copyOfRange(epoch, start, Math.min(start + how.batchSize(), samples.length));
    Dataset.Batch batch = data.batch(indices);
    long seed = how.seed() ^ ~(long) number << 20;
    boolean[] mirrored =
        how.augment() == Augment.FLIPS
            ? Augmentation.flips(indices.length, seed)
            : new boolean[indices.length];
    return feed(data, indices, mirrored, augmented(batch, seed), original, heads);
  }

  /** Images that lie over each other, such as an input and its mask, move alike. */
  private Dataset.Batch augmented(Dataset.Batch batch, long seed) {
    if (how.augment() == Augment.NONE) {
      return batch;
    }
    List<Boolean> classes =
        data.targets().stream().map(t -> t.form() == Target.Form.CLASSES).toList();
    boolean shifts = how.augment() == Augment.FLIPS_AND_SHIFTS;
    return Augmentation.apply(batch, classes, shifts, seed);
  }

  /** Samples {@code indices} as they are. */
  static Feed feed(Dataset data, int[] indices, Optional<Teacher> original, List<Head> heads) {
    return feed(data, indices, new boolean[indices.length], data.batch(indices), original, heads);
  }

  private static Feed feed(
      Dataset data,
      int[] indices,
      boolean[] mirrored,
      Dataset.Batch batch,
      Optional<Teacher> original,
      List<Head> heads) {
    for (int i = 0; i < batch.targets().size(); i++) {
      if (data.targets().get(i).form() == Target.Form.CLASSES) {
        check(indices, batch.targets().get(i), heads.get(i).shape().last());
      }
    }
    List<Tensor> originals =
        original.map(o -> o.heads(indices, mirrored, batch.inputs())).orElse(List.of());
    return new Feed(
        indices.length,
        batch.inputs().stream().map(NativeTensors::of).toList(),
        batch.targets().stream().map(NativeTensors::of).toList(),
        originals.stream().map(NativeTensors::of).toList());
  }

  private static void check(int[] indices, Tensor labels, int classes) {
    int each = labels.values().length / indices.length;
    for (int i = 0; i < labels.values().length; i++) {
      float label = labels.values()[i];
      // A lone output is not numbered by classes: it takes the number itself.
      if (classes > 1 && (label < 0 || label >= classes)) {
        throw new TrainingException(
            LABELS,
            "sample "
                + indices[i / each]
                + " of the training set has label "
                + (long) label
                + ", but the network has "
                + classes
                + " classes: use the data that the network was made for");
      }
    }
  }

  /** Fisher and Yates' shuffle, another in each epoch. */
  private int[] order(int epoch) {
    if (epoch != shuffledEpoch) {
      order = samples.clone();
      SplittableRandom random = new SplittableRandom(how.seed() * 31 + epoch);
      for (int i = samples.length - 1; i > 0 && how.shuffle(); i--) {
        int j = random.nextInt(i + 1);
        int swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
      }
      shuffledEpoch = epoch;
    }
    return order;
  }

  @Override
  public void close() {
    reader.shutdown();
    for (Future<Feed> future : ahead) {
      try {
        future.get().close();
      } catch (ExecutionException e) {
        // The batch was never wanted; why it could not be read does not matter.
        continue;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
