package dev.secateur.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventType;
import dev.secateur.ledger.Order;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "choose",
    description = {
      "Orders another trial of a search, by its number in the search's report: it is made as a",
      "whole and answered; what the search has trained is not trained again. Prints the event's",
      "id."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Choose implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "ORDER",
      description = "The search's, as ./secateur jobs shows it; its first digits do.")
  String order;

  @Parameters(index = "1", paramLabel = "TRIAL", description = "Its number.")
  int trial;

  @Mixin LedgerOptions ledger;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Order search =
        ledger.with(
            books -> {
              String id = LedgerOptions.order(books, order);
              return books
                  .orders()
                  .find(id)
                  .orElseThrow(() -> new SettingsException(id + ": there is no such order"));
            });
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("order", search.id()).put("trial", trial);
    out.println(
        ledger.servers.send(
            EventType.TRIAL_CHOSEN, "/secateur/choose", search.model(), data, false));
    out.flush();
    return ExitCode.DONE;
  }
}
