package dev.secateur.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The {@code secateur} command. */
@Command(
    name = "secateur",
    description = "Prunes, fine-tunes, quantizes and evaluates Keras CNNs, without Python.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    subcommands = {
      Compress.class,
      Convert.class,
      Evaluate.class,
      Predict.class,
      Inspect.class,
      Export.class,
      Publish.class,
      Watch.class,
      Jobs.class,
      Choose.class,
      Cancel.class,
      Pausing.Pause.class,
      Pausing.Resume.class,
      Replay.class,
      Doctor.class,
      WorkerHelp.class,
      BridgeHelp.class,
      CommandLine.HelpCommand.class
    },
    footer = {
      "",
      "The launcher adds 'demo': broker, store and worker on this machine.",
      "",
      "Exit codes: 0 done and accepted, 1 ran but not accepted, 2 wrong usage or input, 3 failed."
    })
public final class Secateur implements Runnable {
  @Spec CommandSpec spec;

  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** Runs one command in this process; returns its exit code. */
  public static int run(String... arguments) {
    return commandLine().execute(arguments);
  }

  static CommandLine commandLine() {
    return commandLine(CommandLine.defaultFactory());
  }

  /** With options that {@code factory} makes, such as those of other servers. */
  static CommandLine commandLine(CommandLine.IFactory factory) {
    return new CommandLine(new Secateur(), factory)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .registerConverter(Place.class, Place::new)
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(new WrongUsage())
        .setExecutionExceptionHandler(new FailedRun());
  }

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    spec.commandLine().usage(out);
  }
}
