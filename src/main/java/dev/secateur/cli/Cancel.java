package dev.secateur.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "cancel",
    description = {
      "Ends orders: one that runs within ten seconds, one that waits at once where a worker lives.",
      "Each is answered with 'failed' and the reason 'cancelled'."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Cancel implements Callable<Integer> {
  @Spec CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  Which which;

  @Option(
      names = "--model-version",
      paramLabel = "VERSION",
      description = "With --model: only orders of this version.")
  Optional<String> version;

  @Mixin LedgerOptions ledger;

  /** One order, or a model's. */
  static final class Which {
    @Parameters(
        paramLabel = "ORDER",
        description = "As ./secateur jobs shows it; its first digits do.")
    Optional<String> order = Optional.empty();

    @Option(names = "--model", paramLabel = "NAME", description = "All of a model's orders.")
    Optional<String> model = Optional.empty();
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    return ledger.with(
        books -> {
          List<String> orders =
              which.model.isPresent()
                  ? books.books().unsettled(which.model.get(), version)
                  : List.of(LedgerOptions.order(books, which.order.orElseThrow()));
          for (String order : orders) {
            if (books.orders().result(order).isPresent()) {
              throw new SettingsException(order + ": is settled already");
            }
            if (books.orders().find(order).isEmpty()) {
              throw new SettingsException(order + ": there is no such order");
            }
            books.cancels().request(order);
            out.println(order);
          }
          if (orders.isEmpty()) {
            throw new SettingsException(
                "--model: " + which.model.orElse("") + ": has no order that is not settled");
          }
          out.flush();
          return ExitCode.DONE;
        });
  }
}
