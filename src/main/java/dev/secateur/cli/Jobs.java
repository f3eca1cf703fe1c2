package dev.secateur.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.ledger.Books;
import dev.secateur.ledger.Books.Account;
import dev.secateur.ledger.Ledger;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "jobs",
    description = {
      "Lists orders as the workers' ledger has them: what runs and how far it is, what waits and in"
          + " which place, what was settled."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Jobs implements Callable<Integer> {
  private static final int SHOWN = 12;
  private static final Duration LOOK = Duration.ofSeconds(2);

  @Spec CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "ORDER",
      description = "Only this one, with its history; its first digits do.")
  Optional<String> order;

  @Option(
      names = "--state",
      paramLabel = "STATE",
      description =
          "Only orders in this state: running, pending, paused, expired (its worker is silent, and"
              + " the next takes it), accepted, rejected, failed.")
  Optional<String> wanted;

  @Option(names = "--model", paramLabel = "NAME", description = "Only orders of this model.")
  Optional<String> model;

  @Option(names = "--tenant", paramLabel = "NAME", description = "Only orders of this tenant.")
  Optional<String> tenant;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "50",
      description =
          "So many of those that are not settled, and of those that are; 0 for all;"
              + " default ${DEFAULT-VALUE}.")
  int limit;

  @Option(
      names = "--follow",
      description = "Go on, and print what changes: until the order is settled, or for ever.")
  boolean follow;

  @Option(names = "--json", description = "One line of JSON an order.")
  boolean json;

  @Mixin LedgerOptions ledger;

  /** What was printed last of each order. */
  private final Map<String, String> printed = new HashMap<>();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    return ledger.with(
        books -> {
          Optional<String> one = order.map(prefix -> LedgerOptions.order(books, prefix));
          if (!json) {
            out.println(
                "order         state      place  attempts  progress  stage              left  job"
                    + "           model / worker or result");
          }
          boolean settled = print(books, one, out);
          while (follow && !(one.isPresent() && settled) && pause()) {
            settled = print(books, one, out);
          }
          return ExitCode.DONE;
        });
  }

  private static boolean pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(LOOK.toMillis());
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Prints what is new; returns whether all that was seen is settled. */
  private boolean print(Ledger ledger, Optional<String> one, PrintWriter out) {
    Books books = ledger.books();
    boolean[] settled = {true};
    accounts(books, one)
        .filter(this::isMeant)
        .forEach(
            account -> {
              settled[0] &= account.result().isPresent();
              ObjectNode data = account.json(Instant.now());
              String line = json ? data.toString() : line(data);
              if (!line.equals(printed.put(account.id(), line))) {
                out.println(line);
                if (one.isPresent() && !json) {
                  details(data, out);
                }
              }
            });
    out.flush();
    return settled[0];
  }

  /** As a stream: of what is not shown nothing is read. */
  private Stream<Account> accounts(Books books, Optional<String> one) {
    var unsettled = books.unsettled();
    if (one.isPresent()) {
      return Stream.of(
          unsettled.stream()
              .filter(u -> u.order().equals(one.get()))
              .findFirst()
              .map(books::account)
              .orElseGet(() -> books.account(one.get())));
    }
    Set<String> open = unsettled.stream().map(Books.Unsettled::order).collect(Collectors.toSet());
    int most = limit > 0 ? limit : Integer.MAX_VALUE;
    // What is filtered is read first, so the limit is of what is left.
    return Stream.concat(
        unsettled.stream().map(books::account).filter(this::isMeant).limit(most),
        books.settled(Integer.MAX_VALUE).stream()
            .filter(id -> !open.contains(id))
            .map(books::account)
            .filter(this::isMeant)
            .limit(most));
  }

  private boolean isMeant(Account account) {
    String state = account.state().name().toLowerCase(Locale.ROOT);
    return wanted.map(state::equals).orElse(true)
        && model.map(m -> account.order().filter(o -> o.model().equals(m)).isPresent()).orElse(true)
        && tenant
            .map(t -> account.order().filter(o -> o.tenant().equals(t)).isPresent())
            .orElse(true);
  }

  private static String line(ObjectNode account) {
    boolean running = account.has("progress");
    String end = account.path("report").asText(account.path("reason").asText());
    return String.format(
        Locale.ROOT,
        "%-12.12s  %-9s  %5s  %8s  %8s  %-17s  %4s  %-12.12s  %s %s  %s",
        account.path("order").asText(),
        account.path("cancelling").asBoolean() ? "ending" : account.path("state").asText(),
        account.path("place").asText("-"),
        account.path("attempts").asText("-"),
        running ? Math.round(100 * account.path("progress").asDouble()) + " %" : "-",
        account.path("stage").asText("-"),
        account.has("secondsLeft") ? shown(account.path("secondsLeft").asLong()) : "-",
        account.path("job").asText("-"),
        account.path("model").asText("?"),
        account.path("version").asText("?")
            + (account.has("trial") ? ", trial " + account.path("trial").asText() : ""),
        end.isEmpty() ? account.path("worker").asText() : end);
  }

  private static String shown(long seconds) {
    return seconds < 120
        ? seconds + "s"
        : seconds < 7200 ? seconds / 60 + "m" : seconds / 3600 + "h";
  }

  private static void details(ObjectNode account, PrintWriter out) {
    account
        .path("history")
        .forEach(
            claim ->
                out.printf(
                    "  claim %d  %s  by %s (%s), attempt %d%s%n",
                    claim.path("claim").asLong(),
                    claim.path("at").asText(),
                    claim.path("worker").asText(),
                    claim.path("engine").asText(),
                    claim.path("attempts").asInt(),
                    claim.path("givenBack").asBoolean() ? ", given back" : ""));
    if (account.has("message")) {
      out.println("  " + account.path("message").asText());
    }
  }
}
