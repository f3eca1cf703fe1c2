package dev.secateur.result;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The engine that runs: its version is part of a job's identity. */
public final class Engine {
  /** As in the build, such as {@code 0.1.0}. */
  public static final String VERSION = read();

  private Engine() {}

  private static String read() {
    try (InputStream in = Engine.class.getResourceAsStream("/META-INF/secateur/build.properties")) {
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
