package dev.secateur.cli;

import dev.secateur.ledger.Pauses;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What pausing and going on have in common: of what, and that the ledger says what is paused. */
abstract class Pausing implements Callable<Integer> {
  @Spec CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  Which which;

  @Mixin LedgerOptions ledger;

  /** A model, a tenant, or everything. */
  static final class Which {
    @Option(names = "--model", paramLabel = "NAME", description = "Orders of this model.")
    Optional<String> model = Optional.empty();

    @Option(names = "--tenant", paramLabel = "NAME", description = "Orders of this tenant.")
    Optional<String> tenant = Optional.empty();

    @Option(names = "--all", description = "All orders.")
    boolean all;

    Pauses.Scope scope() {
      return model
          .<Pauses.Scope>map(Pauses.Scope.Model::new)
          .or(() -> tenant.map(Pauses.Scope.Tenant::new))
          .orElseGet(Pauses.Scope.All::new);
    }
  }

  abstract void act(Pauses pauses, Pauses.Scope scope);

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    return ledger.with(
        books -> {
          act(books.pauses(), which.scope());
          var paused = books.books().paused();
          out.println(
              paused.isEmpty() ? "nothing is paused" : "paused: " + String.join(", ", paused));
          out.flush();
          return ExitCode.DONE;
        });
  }

  @Command(
      name = "pause",
      description = "Has no more orders begun, of a model, a tenant or at all; what runs goes on.",
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Pause extends Pausing {
    @Override
    void act(Pauses pauses, Pauses.Scope scope) {
      pauses.pause(scope);
    }
  }

  @Command(
      name = "resume",
      description = "Has orders begun again that were paused.",
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Resume extends Pausing {
    @Override
    void act(Pauses pauses, Pauses.Scope scope) {
      pauses.resume(scope);
    }
  }
}
