package dev.secateur.dataset;

import dev.secateur.graph.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Encoded images, decoded and resized on all cores, as records of bytes: to the network's size
 * where it is known, else to the first image's.
 *
 * <p>Records are numbered as they were added, whichever is decoded first. Those that pass the
 * spool's bound are kept as they were encoded. Images on their way take a bounded share of the
 * heap. Used by one thread.
 */
final class ImageSpool implements AutoCloseable {
  /** Largest file of an image. */
  static final int MAX_FILE_BYTES = 64 << 20;

  /**
   * Bound of the decoded images of a set, 4 GiB unless the system property says otherwise, and no
   * more than a quarter of what may be taken.
   */
  static final String BOUND = "secateur.spool.bytes";

  private static final long DEFAULT_BOUND = 4L << 30;

  /** The share of the heap that images on their way may take beside the decoders' own. */
  private static final int SHARE_OF_HEAP = 16;

  private final Path file;
  private final Reading reading;
  private final int channels;
  private final long bound;
  private final FileChannel decoded;
  private final FileChannel encoded;
  private final ExecutorService decoders =
      Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors(), ImageSpool::daemon);
  private final Queue<OnItsWay> onTheirWay = new ArrayDeque<>();
  private final BitSet missing = new BitSet();
  private long bytesOnTheirWay;
  private int[] size;
  private boolean full;
  private int plain;
  private int count;
  private long[] offsets = new long[1];

  /**
   * @param pixels what becomes of it; completed exceptionally with a {@link DatasetException} if it
   *     cannot be read
   */
  private record OnItsWay(int number, byte[] image, CompletableFuture<byte[]> pixels) {}

  /**
   * @param file the set, for messages
   * @param grey colour is turned to grey later, so decode colour also for a network of one channel
   * @param input of the network, batch unknown
   */
  ImageSpool(Path file, boolean grey, Optional<Shape> input, Reading reading) {
    this.file = file;
    this.reading = reading;
    this.bound = Math.min(Long.getLong(BOUND, DEFAULT_BOUND), reading.allowance().temporary() / 4);
    this.decoded = reading.allowance().file();
    this.encoded = reading.allowance().file();
    this.size = input.map(this::size).orElse(new int[0]);
    int last = input.map(Shape::last).orElse(3);
    this.channels = last == 4 || last == 1 && !grey ? last : 3;
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "image-decoder");
    thread.setDaemon(true);
    return thread;
  }

  private int[] size(Shape shape) {
    if (shape.rank() != 4) {
      close();
      throw new DatasetException(
          file, "", "holds images, but the network takes " + shape, "give an NPZ file");
    }
    return new int[] {shape.dim(1), shape.dim(2)};
  }

  /**
   * Number of the record that the image at {@code place} of the set becomes. That it cannot be read
   * may show when a later one is added.
   */
  int add(String place, InputStream in) throws IOException {
    return add(file, place, bytes(file, place, in));
  }

  /**
   * @param source the set, or a file of it
   */
  int add(Path source, String place, byte[] image) {
    int number = count++;
    if (size.length == 0) {
      // Of what size all others are to be shows in the first that can be read.
      add(new OnItsWay(number, image, now(() -> first(source, place, image))));
      settle();
    } else {
      add(
          new OnItsWay(
              number,
              image,
              CompletableFuture.supplyAsync(() -> pixels(source, place, image), decoders)));
    }
    return number;
  }

  /** The same of an image that was decoded by {@link #decode}. */
  int add(ImagePixels pixels, byte[] image) {
    if (size.length == 0) {
      size = new int[] {pixels.height(), pixels.width()};
    }
    add(new OnItsWay(count, image, CompletableFuture.completedFuture(resized(pixels))));
    return count++;
  }

  private interface Decoding {
    byte[] pixels();
  }

  private static CompletableFuture<byte[]> now(Decoding decoding) {
    try {
      return CompletableFuture.completedFuture(decoding.pixels());
    } catch (DatasetException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private byte[] first(Path source, String place, byte[] image) {
    ImagePixels pixels = decode(source, place, image);
    size = new int[] {pixels.height(), pixels.width()};
    return pixels.bytes();
  }

  private byte[] pixels(Path source, String place, byte[] image) {
    return resized(decode(source, place, image));
  }

  private byte[] resized(ImagePixels image) {
    return image.resized(size[0], size[1]).bytes();
  }

  private void add(OnItsWay next) {
    onTheirWay.add(next);
    bytesOnTheirWay += bytes(next);
    while (bytesOnTheirWay > reading.allowance().heap() / SHARE_OF_HEAP && onTheirWay.size() > 1) {
      settleFirst();
    }
  }

  private long bytes(OnItsWay image) {
    return image.image.length + (size.length == 0 ? 0 : elements());
  }

  private void settle() {
    while (!onTheirWay.isEmpty()) {
      settleFirst();
    }
  }

  private void settleFirst() {
    OnItsWay next = onTheirWay.remove();
    bytesOnTheirWay -= bytes(next);
    try {
      keep(next.number, next.image, next.pixels.join());
      reading.row();
    } catch (CompletionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      if (!(e.getCause() instanceof DatasetException unreadable)) {
        throw e;
      }
      keepNothing(next.number);
      reading.skip(unreadable);
    }
  }

  private void keep(int number, byte[] image, byte[] pixels) {
    if (!full && (number + 1L) * pixels.length <= bound) {
      reading.allowance().write(decoded, ByteBuffer.wrap(pixels), (long) number * pixels.length);
      plain = number + 1;
      return;
    }
    if (!full) {
      full = true;
      plain = number;
    }
    long at = offsets[number - plain];
    reading.allowance().write(encoded, ByteBuffer.wrap(image), at);
    end(number, at + image.length);
  }

  /** A record that nobody asks for; those behind it lie where they would. */
  private void keepNothing(int number) {
    missing.set(number);
    if (full) {
      end(number, offsets[number - plain]);
    }
  }

  private void end(int number, long offset) {
    int at = number - plain + 1;
    if (at >= offsets.length) {
      offsets = Arrays.copyOf(offsets, 2 * offsets.length + 1);
    }
    offsets[at] = offset;
  }

  /** The image at {@code place} of the set, in the size that it has there. */
  ImagePixels decode(String place, byte[] image) {
    return decode(file, place, image);
  }

  private ImagePixels decode(Path source, String place, byte[] image) {
    try {
      return ImagePixels.decode(image, channels, reading.allowance().pixels());
    } catch (IOException e) {
      throw new DatasetException(
          source, place, "is no readable image: " + e.getMessage(), "remove or replace it", e);
    }
  }

  /** All of a file that is no larger than an image may be. */
  static byte[] bytes(Path file, String place, InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
    if (bytes.length > MAX_FILE_BYTES) {
      throw new DatasetException(
          file, place, "passes " + MAX_FILE_BYTES + " bytes", "give smaller images");
    }
    return bytes;
  }

  /** Whether the record of a number could be read; known of all once {@link #settle settled}. */
  boolean holds(int number) {
    settle();
    return !missing.get(number);
  }

  /** Height, width and channels. */
  List<Integer> dims() {
    settle();
    if (size.length == 0) {
      throw new DatasetException(file, "", "holds no image that can be read", ImageTree.REMEDY);
    }
    return List.of(size[0], size[1], channels);
  }

  private int elements() {
    return Math.multiplyExact(Math.multiplyExact(size[0], size[1]), channels);
  }

  /** What was added; closes the spool with them. */
  Records records() {
    settle();
    decoders.shutdown();
    dims();
    return new ImageRecords(
        file,
        elements(),
        decoded,
        encoded,
        Arrays.copyOf(offsets, count - plain + 1),
        plain,
        count,
        image -> resized(ImagePixels.decode(image, channels, reading.allowance().pixels())));
  }

  @Override
  public void close() {
    decoders.shutdownNow();
    try (decoded;
        encoded) {
      onTheirWay.clear();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
