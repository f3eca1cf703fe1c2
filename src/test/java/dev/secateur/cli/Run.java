package dev.secateur.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.IFactory;

/** One command run in this process, and what it said. */
public record Run(int exitCode, String out, String err) {
  static final Path EXAMPLES = Path.of("examples");
  static final String H5 = EXAMPLES.resolve("shapes.h5").toString();
  static final String KERAS = EXAMPLES.resolve("shapes.keras").toString();
  static final String DATA = EXAMPLES.resolve("shapes.npz").toString();

  static Run of(Object... arguments) {
    List<String> words =
        new ArrayList<>(List.of(arguments).stream().map(Object::toString).toList());
    if (words.get(0).equals("compress") && !words.contains("--cache")) {
      // What a test sees is its own: nothing of an earlier run.
      words.add("--no-cache");
    }
    return run(Secateur.commandLine(), words);
  }

  /** With settings in the place of this process's environment. */
  public static Run in(Map<String, String> environment, List<String> arguments) {
    IFactory factory =
        new IFactory() {
          @Override
          public <K> K create(Class<K> type) throws Exception {
            if (type == ServerOptions.class) {
              return type.cast(new ServerOptions(environment));
            }
            return type == StoreOptions.class
                ? type.cast(new StoreOptions(environment))
                : CommandLine.defaultFactory().create(type);
          }
        };
    return run(Secateur.commandLine(factory), arguments);
  }

  private static Run run(CommandLine command, List<String> arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        command
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(arguments.toArray(String[]::new));
    return new Run(exitCode, out.toString(), err.toString());
  }
}
