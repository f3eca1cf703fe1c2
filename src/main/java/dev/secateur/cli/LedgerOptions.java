package dev.secateur.cli;

import dev.secateur.ledger.Ledger;
import dev.secateur.ledger.ObjectLedgerStore;
import dev.secateur.ledger.Terms;
import dev.secateur.result.Engine;
import dev.secateur.store.ObjectStore;
import dev.secateur.store.ObjectUri;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where the workers' ledger lies; its commands read and write the store, and need no broker. */
final class LedgerOptions {
  private static final Pattern ORDER = Pattern.compile("[0-9a-f]{1,64}");
  private static final int WHOLE = 64;

  @Option(
      names = "--state-uri",
      paramLabel = "URI",
      defaultValue = "${env:SECATEUR_STATE_URI:-s3://artifacts/.secateur/}",
      description =
          "Where the workers' ledger lies (SECATEUR_STATE_URI); default ${DEFAULT-VALUE}.")
  String stateUri;

  @Mixin ServerOptions servers;

  /** Has something done with the ledger. */
  <T> T with(Function<Ledger, T> task) {
    ObjectUri state = ServerOptions.uri("--state-uri", stateUri).resolve("");
    Duration lease = servers.claimExpiry();
    try (ObjectStore store = servers.openStore(Set.of(state.bucket()))) {
      return task.apply(
          new Ledger(
              new ObjectLedgerStore(store, state),
              InstantSource.system(),
              // It takes no orders.
              new Terms("command", Engine.VERSION, lease, lease)));
    }
  }

  /** The one order whose name begins so. */
  static String order(Ledger ledger, String prefix) {
    if (!ORDER.matcher(prefix).matches()) {
      throw new SettingsException(
          "ORDER: " + prefix + ": is no order: hexadecimal digits, as ./secateur jobs shows them");
    }
    if (prefix.length() == WHOLE) {
      return prefix;
    }
    List<String> found = ledger.books().startingWith(prefix);
    if (found.size() != 1) {
      throw new SettingsException(
          found.isEmpty()
              ? "ORDER: " + prefix + ": there is none"
              : "ORDER: " + prefix + ": " + found.size() + " begin so; give more digits");
    }
    return found.get(0);
  }
}
