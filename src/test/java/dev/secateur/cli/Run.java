package dev.secateur.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;

/** One command run in this process, and what it said. */
record Run(int exitCode, String out, String err) {
  static final Path EXAMPLES = Path.of("examples");
  static final String H5 = EXAMPLES.resolve("shapes.h5").toString();
  static final String KERAS = EXAMPLES.resolve("shapes.keras").toString();
  static final String DATA = EXAMPLES.resolve("shapes.npz").toString();

  static Run of(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        Secateur.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(List.of(arguments).stream().map(Object::toString).toArray(String[]::new));
    return new Run(exitCode, out.toString(), err.toString());
  }
}
