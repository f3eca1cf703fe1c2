package dev.secateur.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.ledger.Order;
import dev.secateur.ledger.Searches;
import dev.secateur.plan.HeldOut.Judged;
import dev.secateur.plan.Plan;
import dev.secateur.search.Point;
import java.util.Optional;

/**
 * What makes an order a search's trial: it is run like any other, by any worker, and answered to
 * nobody but its search.
 *
 * @param search the order of the search
 * @param number of the trial, from 1
 * @param round trials of one round were decided on together
 */
public record TrialOf(String search, int number, int round, Point point) {
  private static final String FIELD = "trial";

  /** Empty for an order that no search has made. */
  public static Optional<TrialOf> in(Order order) {
    JsonNode json = order.resolved().path(FIELD);
    return json.isObject()
        ? Optional.of(
            new TrialOf(
                json.path("search").asText(),
                json.path("number").asInt(),
                json.path("round").asInt(),
                PointJson.read(json.path("point"))))
        : Optional.empty();
  }

  /**
   * The order of this trial: the search's, with another plan, at its place in the queue.
   *
   * @param base the search's plan
   * @param heldOut samples that are held out
   */
  public Order order(Order of, Plan base, int heldOut) {
    ObjectNode resolved = of.resolved().deepCopy();
    resolved.set("plan", point.plan(base, heldOut, Judged.DECIDING).document());
    resolved.put("format", 3); // older versions would answer it
    ObjectNode trial = resolved.putObject(FIELD);
    trial.put("search", search).put("number", number).put("round", round);
    trial.set("point", PointJson.write(point));
    String id = Searches.trial(search, number);
    return new Order(
        id,
        of.received(),
        of.model(),
        of.version(),
        of.tenant(),
        of.priority(),
        of.since(),
        id,
        of.engine(),
        resolved);
  }
}
