package dev.secateur.dataset;

import dev.secateur.graph.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Encoded images, decoded and resized once, as records of bytes: to the network's size where it is
 * known, else to the first image's.
 */
final class ImageSpool implements AutoCloseable {
  private static final int MAX_FILE_BYTES = 64 << 20;

  private final Path file;
  private final FileChannel spool = Spool.create();
  private final int channels;
  private int[] size;
  private int count;

  /**
   * @param file the set, for messages
   * @param grey colour is turned to grey later, so decode colour also for a network of one channel
   * @param input of the network, batch unknown
   */
  ImageSpool(Path file, boolean grey, Optional<Shape> input) {
    this.file = file;
    this.size = input.map(this::size).orElse(new int[0]);
    int last = input.map(Shape::last).orElse(3);
    this.channels = last == 4 || last == 1 && !grey ? last : 3;
  }

  private int[] size(Shape shape) {
    if (shape.rank() != 4) {
      close();
      throw new DatasetException(
          file, "", "holds images, but the network takes " + shape, "give an NPZ file");
    }
    return new int[] {shape.dim(1), shape.dim(2)};
  }

  /** Number of the record that the image at {@code place} of the set becomes. */
  int add(String place, InputStream in) throws IOException {
    return add(decode(place, in));
  }

  /** The image at {@code place} of the set, in the size that it has there. */
  ImagePixels decode(String place, InputStream in) throws IOException {
    byte[] bytes = bytes(file, place, in);
    try {
      return ImagePixels.decode(bytes, channels);
    } catch (IOException e) {
      throw new DatasetException(
          file, place, "is no readable image: " + e.getMessage(), "remove or replace it", e);
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

  /** Number of the record that it becomes. */
  int add(ImagePixels image) {
    if (size.length == 0) {
      size = new int[] {image.height(), image.width()};
    }
    Spool.write(spool, ByteBuffer.wrap(image.resized(size[0], size[1]).bytes()));
    return count++;
  }

  /** Height, width and channels. */
  List<Integer> dims() {
    return List.of(size[0], size[1], channels);
  }

  /** What was added; closes the spool with them. */
  Records records() {
    int elements = dims().stream().reduce(1, Math::multiplyExact);
    return new Records(file, spool, 0, ElementType.UINT8, ByteOrder.nativeOrder(), count, elements);
  }

  @Override
  public void close() {
    try {
      spool.close();
    } catch (IOException e) {
      throw new SpoolException(e);
    }
  }
}
