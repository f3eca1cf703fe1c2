package dev.secateur.worker.intake;

import dev.secateur.event.CloudEvent;
import dev.secateur.event.MalformedEventException;
import dev.secateur.ledger.Ledger;
import dev.secateur.ledger.Order;
import dev.secateur.ledger.Searches;
import dev.secateur.plan.HeldOut.Judged;
import dev.secateur.plan.Plan;
import dev.secateur.result.Engine;
import dev.secateur.search.Point;
import dev.secateur.worker.JobKey;
import dev.secateur.worker.OrderedJob;
import dev.secateur.worker.Records;
import dev.secateur.worker.TrialOf;
import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A trial of a search that is to be made as a whole, as an order: the search's, with its plan. */
final class ChosenTrial {
  private ChosenTrial() {}

  /**
   * @param search the search's order
   * @param number of the trial
   * @param id of the order that it becomes
   * @param event that chose it
   * @throws MalformedEventException if there is no such trial
   */
  static Order order(
      Ledger ledger,
      String search,
      int number,
      String id,
      CloudEvent event,
      ConsumerRecord<byte[], byte[]> record)
      throws MalformedEventException {
    Order searched =
        ledger
            .orders()
            .find(search)
            .orElseThrow(() -> unknown("order " + search + " is not known"));
    OrderedJob base = OrderedJob.of(searched);
    if (base.plan().search().isEmpty()) {
      throw unknown("order " + search + " is no search");
    }
    Point point =
        ledger
            .orders()
            .find(Searches.trial(search, number))
            .flatMap(TrialOf::in)
            .map(TrialOf::point)
            .orElseThrow(
                () -> unknown("order " + search + " has no trial " + number + " that is known"));
    int heldOut = base.plan().search().orElseThrow().heldOutSamples();
    Plan plan = point.plan(base.plan(), heldOut, Judged.NOTHING);
    OrderedJob.Asked asked =
        new OrderedJob.Asked(
            event.source(),
            event.id(),
            event.traceparent(),
            base.asked().data(),
            base.asked().registered());
    JobKey key = JobKey.of(asked.registered(), base.inputs(), plan, base.output(), "");
    OrderedJob job =
        new OrderedJob(asked, plan, base.inputs(), base.output(), key, Optional.empty());
    return new Order(
        id,
        Records.received(record),
        searched.model(),
        searched.version(),
        searched.tenant(),
        searched.priority(),
        Intake.since(record, Instant.now()),
        key.value(),
        Engine.VERSION,
        job.json());
  }

  private static MalformedEventException unknown(String what) {
    return new MalformedEventException(
        MalformedEventException.Reason.INVALID_DATA,
        what + " (name a search that these workers have run, and one of its trials)");
  }
}
