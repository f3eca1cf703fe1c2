package dev.secateur.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.ledger.Claims.Top;
import dev.secateur.ledger.LedgerStore.Entry;
import dev.secateur.ledger.LedgerStore.Listed;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * The books as somebody reads them who changes nothing. Listings tell who waits and who runs; an
 * order's own objects are read only when its account is asked for.
 */
public final class Books {
  private final LedgerStore store;
  private final FirstReadable<Order> orders;
  private final FirstReadable<Result> results;
  private final Claims claims;
  private final Pauses pauses;
  private final Cancels cancels;

  Books(
      LedgerStore store,
      FirstReadable<Order> orders,
      FirstReadable<Result> results,
      Claims claims,
      Pauses pauses,
      Cancels cancels) {
    this.store = store;
    this.orders = orders;
    this.results = results;
    this.claims = claims;
    this.pauses = pauses;
    this.cancels = cancels;
  }

  /** What has become of an order. */
  public enum State {
    /** Nobody has it, and nothing keeps it from being taken. */
    PENDING,
    /** It, its tenant or everything is paused. */
    PAUSED,
    /** A worker has it. */
    RUNNING,
    /** A worker had it and is silent for longer than its claim holds: the next takes it. */
    EXPIRED,
    ACCEPTED,
    REJECTED,
    FAILED,
    /** What a newer version wrote, or what is damaged. */
    UNKNOWN
  }

  /**
   * An order that is not settled, as a listing shows it.
   *
   * @param place in the queue, from 1, as a worker that begins with the first tenant sees it; 0
   *     where somebody has it
   */
  public record Unsettled(String order, int place) {}

  /**
   * One claim on an order.
   *
   * @param givenBack by its holder, before the order was settled
   * @param silent since the holder's last sign of life, by the store's clock
   */
  public record Episode(Claim claim, boolean givenBack, Optional<Heart> heart, Duration silent) {

    private void into(ObjectNode json) {
      json.put("worker", claim.worker()).put("engine", claim.engine());
      json.put("claim", claim.epoch()).put("silentSeconds", silent.toSeconds());
      json.put("attempts", heart.map(Heart::attempts).orElse(claim.attempts()));
      heart.ifPresent(
          h -> {
            json.put("stage", h.stage()).put("progress", h.done());
            json.put("stillSeconds", h.still().toSeconds());
          });
    }
  }

  /**
   * All that is known of an order.
   *
   * @param place see {@link Unsettled}; 0 where it is settled
   * @param order empty where an event was refused, and so never became one
   * @param history its claims, the oldest first; those of a settled order are gone
   */
  public record Account(
      String id,
      State state,
      int place,
      Optional<Order> order,
      List<Episode> history,
      boolean cancelling,
      Optional<Result> result) {

    /**
     * As commands and pages show it.
     *
     * @param now see {@link #left}
     */
    public ObjectNode json(Instant now) {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.put("order", id).put("state", state.name().toLowerCase(Locale.ROOT));
      if (place > 0) {
        json.put("place", place);
      }
      order.ifPresent(
          o -> {
            json.put("model", o.model()).put("version", o.version()).put("tenant", o.tenant());
            json.put("priority", o.priority()).put("since", o.since().toString());
            json.put("job", o.job()).put("registeredId", o.resolved().path("id").asText());
            JsonNode trial = o.resolved().path("trial");
            if (trial.isObject()) {
              json.put("search", trial.path("search").asText());
              json.put("trial", trial.path("number").asInt());
            }
          });
      if (cancelling) {
        json.put("cancelling", true);
      }
      last().ifPresent(episode -> episode.into(json));
      left(now).ifPresent(left -> json.put("secondsLeft", left.toSeconds()));
      ArrayNode claims = json.putArray("history");
      for (Episode episode : history) {
        Claim claim = episode.claim();
        ObjectNode one = claims.addObject().put("claim", claim.epoch());
        one.put("worker", claim.worker()).put("engine", claim.engine());
        one.put("at", claim.at().toString()).put("attempts", claim.attempts());
        one.put("givenBack", episode.givenBack());
      }
      result.ifPresent(r -> settled(json, r));
      return json;
    }

    private static void settled(ObjectNode json, Result result) {
      JsonNode data = result.event().path("data");
      json.put("worker", result.worker()).put("engine", result.engine());
      json.put("attempts", result.attempts()).put("settled", result.at().toString());
      if (!json.has("model")) {
        // Refused: what the event said of itself.
        json.put("model", data.at("/model/name").asText());
        json.put("version", data.at("/model/version").asText());
      }
      JsonNode reason = data.path("reason");
      json.put("reason", reason.isTextual() ? reason.asText() : reason.path("code").asText());
      if (reason.has("message")) {
        json.put("message", reason.path("message").asText());
      }
      if (data.has("report")) {
        json.put("report", data.at("/report/html").asText());
      }
    }

    /** The claim that counts, while the order is not settled. */
    public Optional<Episode> last() {
      return history.isEmpty() ? Optional.empty() : Optional.of(history.get(history.size() - 1));
    }

    /**
     * How long it has yet to run, from how far it came in which time; empty where that says too
     * little.
     *
     * @param now by a clock that agrees with the holder's
     */
    public Optional<Duration> left(Instant now) {
      if (state != State.RUNNING) {
        return Optional.empty();
      }
      return last()
          .flatMap(
              episode ->
                  episode
                      .heart()
                      .filter(heart -> heart.done() > 0.05)
                      .map(
                          heart -> {
                            Duration taken = Duration.between(episode.claim().at(), now);
                            double share = (1 - heart.done()) / heart.done();
                            return Duration.ofMillis((long) (taken.toMillis() * share));
                          }));
    }
  }

  /** All that is not settled: what somebody has first, then what waits, in its order. */
  public List<Unsettled> unsettled() {
    Map<String, Top> tops = claims.all();
    List<Unsettled> all = new ArrayList<>();
    List<String> waiting = new ArrayList<>();
    for (String order : queue()) {
      Top top = tops.getOrDefault(order, Top.NONE);
      if (top.epoch() > 0 && !top.released()) {
        all.add(new Unsettled(order, 0));
      } else {
        waiting.add(order);
      }
    }
    for (int n = 0; n < waiting.size(); n++) {
      all.add(new Unsettled(waiting.get(n), n + 1));
    }
    return all;
  }

  /** Highest priority first, tenants in turn, the oldest of each first. */
  private List<String> queue() {
    Map<String, Map<String, Deque<String>>> byPriority = new TreeMap<>();
    for (Listed listed : Pages.all(store, Keys.PENDING)) {
      String[] path = listed.name().split("/", 3);
      if (path.length == 3) {
        Keys.orderOf(path[2])
            .ifPresent(
                order ->
                    byPriority
                        .computeIfAbsent(path[0], p -> new TreeMap<>())
                        .computeIfAbsent(path[1], t -> new ArrayDeque<>())
                        .add(order));
      }
    }
    List<String> queue = new ArrayList<>();
    for (Map<String, Deque<String>> tenants : byPriority.values()) {
      while (!tenants.isEmpty()) {
        tenants.values().forEach(orders -> queue.add(orders.poll()));
        tenants.values().removeIf(Deque::isEmpty);
      }
    }
    return queue;
  }

  /**
   * The orders that were settled last.
   *
   * @param most so many of them
   */
  public List<String> settled(int most) {
    List<Listed> newest = new ArrayList<>();
    Pages.all(store, Keys.RESULTS).forEach(newest::add);
    newest.sort(Comparator.comparing(Listed::age));
    return orders(newest.stream()).limit(most).toList();
  }

  /** All orders whose name begins so. */
  public List<String> startingWith(String prefix) {
    return Stream.of(Keys.ORDERS, Keys.RESULTS)
        .flatMap(
            under ->
                // Nothing sorts between a name and those that it begins.
                orders(store.list(under, before(prefix), 1000).stream())
                    .filter(name -> name.startsWith(prefix)))
        .distinct()
        .toList();
  }

  /** Each once; results of jobs, which version 0.1.0 left at first, are of no order. */
  private static Stream<String> orders(Stream<Listed> listed) {
    return listed.map(object -> object.name().split("~", 2)[0]).filter(Keys::isOrder).distinct();
  }

  /** The last name that sorts before all that begin with a prefix of hexadecimal digits. */
  private static String before(String prefix) {
    if (prefix.isEmpty()) {
      return "";
    }
    int last = prefix.length() - 1;
    return prefix.substring(0, last) + (char) (prefix.charAt(last) - 1) + "~";
  }

  public Account account(Unsettled unsettled) {
    return account(unsettled.order(), unsettled.place());
  }

  public Account account(String order) {
    return account(order, 0);
  }

  private Account account(String id, int place) {
    Optional<Order> order = readable(orders, Keys.order(id));
    Optional<Result> result = readable(results, Keys.result(id));
    List<Episode> history = result.isPresent() ? List.of() : history(id);
    boolean cancelling = result.isEmpty() && store.get(Keys.cancel(id)).isPresent();
    return new Account(
        id, state(order, result, history), place, order, history, cancelling, result);
  }

  private static <T> Optional<T> readable(FirstReadable<T> documents, String key) {
    try {
      return documents.find(key);
    } catch (UnreadableException e) {
      return Optional.empty();
    }
  }

  private State state(Optional<Order> order, Optional<Result> result, List<Episode> history) {
    if (result.isPresent()) {
      return switch (result.get().outcome()) {
        case "accepted" -> State.ACCEPTED;
        case "rejected" -> State.REJECTED;
        case "failed" -> State.FAILED;
        default -> State.UNKNOWN;
      };
    }
    if (order.isEmpty()) {
      return State.UNKNOWN;
    }
    if (!history.isEmpty() && !history.get(history.size() - 1).givenBack()) {
      Episode last = history.get(history.size() - 1);
      return last.silent().compareTo(last.claim().lease()) > 0 ? State.EXPIRED : State.RUNNING;
    }
    return pauses.now().stops(order.get().model(), order.get().tenant())
        ? State.PAUSED
        : State.PENDING;
  }

  private List<Episode> history(String order) {
    Map<String, Entry> objects = new TreeMap<>();
    for (String name : Pages.names(store, Keys.claims(order))) {
      store.get(Keys.claims(order) + name).ifPresent(entry -> objects.put(name, entry));
    }
    List<Episode> history = new ArrayList<>();
    for (Map.Entry<String, Entry> object : objects.entrySet()) {
      String name = object.getKey();
      if (!name.contains(".") && !name.contains("~")) {
        Optional<Entry> sign = Optional.ofNullable(objects.get(name + Keys.HEART));
        read(object.getValue(), Claim::of)
            .ifPresent(
                claim ->
                    history.add(
                        new Episode(
                            claim,
                            objects.containsKey(name + Keys.RELEASED),
                            sign.flatMap(entry -> read(entry, Heart::of)),
                            sign.orElse(object.getValue()).age())));
      }
    }
    return history;
  }

  private static <T> Optional<T> read(Entry entry, BiFunction<String, byte[], T> parse) {
    try {
      return Optional.of(parse.apply("", entry.content()));
    } catch (UnreadableException e) {
      return Optional.empty();
    }
  }

  /**
   * The orders of a model that are not settled.
   *
   * @param version empty for all of them
   */
  public List<String> unsettled(String model, Optional<String> version) {
    return queue().stream()
        .filter(
            id ->
                readable(orders, Keys.order(id))
                    .filter(order -> order.model().equals(model))
                    .filter(order -> version.map(order.version()::equals).orElse(true))
                    .isPresent())
        .toList();
  }

  /** What is paused, in words: {@code all}, {@code models/…}, {@code tenants/…}. */
  public List<String> paused() {
    return pauses.now().names().stream().sorted().toList();
  }
}
