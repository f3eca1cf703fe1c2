package dev.secateur.job;

import org.bytedeco.javacpp.Loader;

/** Whether the native libraries load and compute, before the first job needs them. */
public final class SelfTest {
  private SelfTest() {}

  /**
   * Loads what a job loads.
   *
   * @throws LinkageError if a library is missing or does not fit this machine
   */
  public static void run() {
    Loader.load(org.bytedeco.tensorflowlite.global.tensorflowlite.class);
  }
}
