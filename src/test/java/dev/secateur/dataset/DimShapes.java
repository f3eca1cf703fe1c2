package dev.secateur.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * The example's images at half their contrast, without labels: compressed networks, which do as
 * well as the original on what they were fitted to, agree with it far less on these.
 */
public final class DimShapes {
  private static final int PIXELS = 16 * 16;

  private DimShapes() {}

  public static Path write(Path directory) throws IOException {
    try (ZipInputStream zip =
        new ZipInputStream(Files.newInputStream(Path.of("examples/shapes.npz")))) {
      ZipEntry entry = zip.getNextEntry();
      while (!entry.getName().equals("x_test.npy")) {
        entry = zip.getNextEntry();
      }
      byte[] file = zip.readAllBytes();
      int images = file.length / PIXELS;
      byte[] pixels = Arrays.copyOfRange(file, file.length - images * PIXELS, file.length);
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = (byte) ((pixels[i] & 0xff) / 2);
      }
      Path dim = directory.resolve("dim.npz");
      try (NpzFixture npz = new NpzFixture(dim, false)) {
        npz.add("x", "|u1", "(" + images + ", 16, 16, 1)", pixels);
      }
      return dim;
    }
  }
}
