package dev.secateur.tflite;

import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorflowlite.global.tensorflowlite;

/**
 * Keeps the runtime from announcing on standard error that it uses XNNPACK. There is no Java
 * binding for its log level, so the variable is set where the library exports it (GCC and Clang
 * agree on its name); elsewhere nothing happens.
 */
final class RuntimeLog {
  private static final String LEVEL =
      "_ZN6tflite16logging_internal13MinimalLogger21minimum_log_severity_E";

  private static final int INFO = 1;
  private static final int WARNING = 2;

  private RuntimeLog() {}

  static void onlyWarnings() {
    Loader.load(tensorflowlite.class);
    Pointer level = Loader.addressof(LEVEL);
    if (level == null || level.isNull()) {
      return;
    }
    IntPointer value = new IntPointer(level);
    if (value.get() == INFO) {
      value.put(WARNING);
    }
  }
}
