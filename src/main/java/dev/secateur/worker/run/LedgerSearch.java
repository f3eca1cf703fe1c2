package dev.secateur.worker.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventJson;
import dev.secateur.ledger.Ledger;
import dev.secateur.ledger.Order;
import dev.secateur.ledger.Result;
import dev.secateur.ledger.Searches;
import dev.secateur.plan.PlanException;
import dev.secateur.plan.Search;
import dev.secateur.search.Choice;
import dev.secateur.search.Front;
import dev.secateur.search.Point;
import dev.secateur.search.Round;
import dev.secateur.search.Strategy;
import dev.secateur.search.Trial;
import dev.secateur.search.TrialsJson;
import dev.secateur.worker.Doorbell;
import dev.secateur.worker.Failure;
import dev.secateur.worker.OrderedJob;
import dev.secateur.worker.PointJson;
import dev.secateur.worker.StoredInputs;
import dev.secateur.worker.TrialOf;
import dev.secateur.worker.Work;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/**
 * A search in the ledger. Who holds it decides on rounds, makes an order of each trial, and runs
 * those that nobody else has taken; idle workers take them as any order. All that it knows it reads
 * from the ledger, so that whoever takes it over goes on where it stood.
 */
final class LedgerSearch {
  private static final Logger LOG = Logger.getLogger(LedgerSearch.class);
  private static final String REFUSED = "refused";
  private static final Duration LOOK = Duration.ofMillis(500);

  /** In the data of a trial that failed: the processor time that it took. */
  static final String SECONDS = "processorSeconds";

  private final Doorbell doorbell;
  private final Work work;
  private final Ledger ledger;
  private final Order order;
  private final OrderedJob ordered;
  private final Search search;
  private final Strategy strategy;
  private final Predicate<Set<String>> help;
  private final ProgressReporter progress;
  private final List<Trial> trials = new ArrayList<>();
  private Optional<Failure> failure = Optional.empty();

  /** When the first round was decided on. */
  private Optional<Instant> begun = Optional.empty();

  /** The search is to be given back, uncounted: others come first, or it is paused. */
  static final class GivesWay extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /**
   * @param help runs one of these orders here, if one is to be had
   */
  LedgerSearch(
      Ledger ledger,
      Doorbell doorbell,
      Work work,
      Order order,
      OrderedJob ordered,
      Predicate<Set<String>> help,
      ProgressReporter progress) {
    this.ledger = ledger;
    this.doorbell = doorbell;
    this.work = work;
    this.order = order;
    this.ordered = ordered;
    this.search = ordered.plan().search().orElseThrow();
    Set<StoredInputs.Role> roles = ordered.inputs().sources().keySet();
    boolean trainable = roles.contains(StoredInputs.Role.TRAIN);
    boolean fitted = trainable || roles.contains(StoredInputs.Role.REPRESENTATIVE);
    this.strategy =
        new Strategy(search, trainable, fitted && roles.contains(StoredInputs.Role.EVALUATION));
    this.help = help;
    this.progress = progress;
  }

  /**
   * All trials, when nothing more is to be tried.
   *
   * @throws CancellationException if {@code cancelled} said so
   * @throws GivesWay if the search is to be given back for now
   */
  List<Trial> run(BooleanSupplier cancelled) {
    progress.searching(trials.size(), search.trials(), Optional.empty());
    while (true) {
      ObjectNode decision = decision();
      begun = begun.or(() -> Optional.of(Instant.parse(decision.path("at").asText())));
      Round round = PointJson.round(decision);
      if (round.points().isEmpty()) {
        return List.copyOf(trials);
      }
      trials.addAll(tried(round, cancelled));
      Optional<Trial> best = new Front(search, trials).best();
      LOG.infof(
          "search %s: %d of %d trials; best: %s",
          order.id(), trials.size(), search.trials(), best.map(Trial::number).orElse(0));
      progress.searching(trials.size(), search.trials(), best);
      if (othersComeFirst()) {
        throw new GivesWay();
      }
    }
  }

  /** Whether the next order in the queue is more urgent, or another tenant's turn. */
  private boolean othersComeFirst() {
    return ledger.books().unsettled().stream()
        .filter(waiting -> waiting.place() == 1)
        .findFirst()
        .flatMap(waiting -> ledger.orders().find(waiting.order()))
        .filter(
            next ->
                next.priority() > order.priority()
                    || next.priority() == order.priority() && !next.tenant().equals(order.tenant()))
        .isPresent();
  }

  /** Why no trial could run, where none could. */
  Optional<Failure> failure() {
    return trials.stream().anyMatch(t -> t.found().isPresent()) ? Optional.empty() : failure;
  }

  /** The trials that the evaluation set has refused so far, whoever made them. */
  List<Integer> refused() {
    int tried = decided().size();
    List<Integer> refused = new ArrayList<>();
    while (true) {
      Optional<ObjectNode> next = ledger.searches().decided(order.id(), tried + refused.size() + 1);
      if (next.isEmpty()) {
        return refused;
      }
      refused.add(next.get().path(REFUSED).asInt());
    }
  }

  /** The last that was made was refused: nobody makes it again. */
  void refused(Choice next) {
    int refused = next.refused().size();
    ObjectNode mine = JsonNodeFactory.instance.objectNode();
    mine.put(REFUSED, next.refused().get(refused - 1)).put("at", Instant.now().toString());
    ledger.searches().decide(order.id(), next.trials().size() + refused, mine);
  }

  /** Ends what was begun of it. */
  void cancel() {
    for (String trial : decided()) {
      if (ledger.orders().result(trial).isEmpty()) {
        ledger.cancels().request(trial);
      }
    }
  }

  /**
   * How far it has come, whoever held it: by the trials that have ended, and by how often the
   * others were begun. A trial that ended its worker is to blame for that, not the search that it
   * was run for.
   */
  long furthest() {
    int ended = 0;
    int begins = 0;
    for (String trial : decided()) {
      if (ledger.orders().result(trial).isPresent()) {
        ended++;
      } else {
        begins += ledger.books().account(trial).history().size();
      }
    }
    return ProgressReporter.kept(ended) + Math.min(begins, ProgressReporter.kept(1) - 1);
  }

  /** The trials that were decided on so far, by their orders. */
  private List<String> decided() {
    List<String> trials = new ArrayList<>();
    while (true) {
      Optional<ObjectNode> decision = ledger.searches().decided(order.id(), trials.size());
      Round round = decision.map(PointJson::round).orElse(new Round(0, 0, List.of()));
      if (round.points().isEmpty()) {
        return trials;
      }
      for (int i = 0; i < round.points().size(); i++) {
        trials.add(Searches.trial(order.id(), round.first() + i));
      }
    }
  }

  private ObjectNode decision() {
    boolean late =
        begun
            .flatMap(b -> search.deadlineMinutes().map(m -> b.plusMillis((long) (60_000 * m))))
            .filter(Instant.now()::isAfter)
            .isPresent();
    Round next = strategy.next(trials);
    ObjectNode mine =
        PointJson.write(late ? new Round(next.number(), next.first(), List.of()) : next);
    mine.put("at", Instant.now().toString());
    return ledger.searches().decide(order.id(), trials.size(), mine);
  }

  /** Runs a round, with whoever helps. */
  private List<Trial> tried(Round round, BooleanSupplier cancelled) {
    List<TrialOf> all = new ArrayList<>();
    for (Point point : round.points()) {
      all.add(new TrialOf(order.id(), round.first() + all.size(), round.number(), point));
    }
    Map<Integer, Trial> refused = new HashMap<>();
    Set<String> open = new LinkedHashSet<>();
    for (TrialOf trial : all) {
      String id = Searches.trial(order.id(), trial.number());
      try {
        Order one = trial.order(order, ordered.plan(), search.heldOutSamples());
        if (ledger.orders().result(id).isEmpty()) {
          ledger.orders().register(one);
          doorbell.ring(id);
          open.add(id);
        }
      } catch (PlanException e) {
        // What the rest of the plan does not go with is no trial, and no reason to end the search.
        refused.put(
            trial.number(),
            Trial.failed(trial.number(), trial.round(), trial.point(), e.getMessage(), 0));
      }
    }
    Optional<Trial> best = new Front(search, trials).best();
    while (true) {
      open.removeIf(id -> ledger.orders().result(id).isPresent());
      progress.searching(trials.size() + all.size() - open.size(), search.trials(), best);
      if (open.isEmpty()) {
        return all.stream()
            .map(t -> Optional.ofNullable(refused.get(t.number())).orElseGet(() -> result(t)))
            .toList();
      }
      if (cancelled.getAsBoolean()) {
        throw new CancellationException("the search stopped at trial " + round.first());
      }
      if (!help.test(open)) {
        if (ledger.pauses().stop(order)) {
          throw new GivesWay();
        }
        var unused = work.awaitDrain(LOOK);
      }
    }
  }

  private Trial result(TrialOf trial) {
    Result result =
        ledger.orders().result(Searches.trial(order.id(), trial.number())).orElseThrow();
    JsonNode data = result.event().path("data");
    if (data.has("tried")) {
      return read(data.get("tried"));
    }
    JsonNode reason = data.path("reason");
    Failure failed =
        new Failure(
            reason.path("code").asText(),
            reason.path("message").asText(),
            reason.path("retried").asBoolean());
    failure = failure.or(() -> Optional.of(failed));
    return Trial.failed(
        trial.number(),
        trial.round(),
        trial.point(),
        failed.message(),
        data.path(SECONDS).asDouble());
  }

  static JsonNode json(Trial trial) {
    try {
      return EventJson.parse(TrialsJson.write(List.of(trial)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Trial read(JsonNode json) {
    try {
      return TrialsJson.read(EventJson.bytes(json)).get(0);
    } catch (IOException e) {
      throw new UncheckedIOException("a trial's result cannot be read", e);
    }
  }
}
