package dev.secateur.cli;

import java.io.PrintWriter;

/** Warnings only. */
record QuietProgress(PrintWriter err) implements ProgressDisplay {
  @Override
  public void warned(String message) {
    err.println("warning: " + message);
    err.flush();
  }
}
