package dev.secateur.ledger;

import dev.secateur.ledger.LedgerStore.Entry;
import dev.secateur.ledger.LedgerStore.Listed;
import dev.secateur.store.StoreException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who may run an order: the holder of its highest epoch. An epoch is created only if it is not
 * there, and only after the one before it may be followed; so no two hold the same.
 */
final class Claims {
  private static final Pattern NAME =
      Pattern.compile("([^/]+)/([0-9]{6,18})(" + Pattern.quote(Keys.RELEASED) + ")?");

  private final LedgerStore store;
  private final InstantSource clock;
  private final Terms terms;
  private final Expiry expiry;
  private final Attempts attempts;
  private final EngineTurn turn;

  /** Of claims that this process holds, or asks for at this moment. */
  private final Set<String> tokens = ConcurrentHashMap.newKeySet();

  /**
   * The highest claim on an order, as a listing shows it.
   *
   * @param released whether it was given back
   */
  record Top(long epoch, boolean released) {
    static final Top NONE = new Top(0, false);
  }

  /** What a look at an order's claims says. */
  sealed interface Look permits Free, Taken {}

  /**
   * It may be claimed.
   *
   * @param takenOver from a holder that did not give it back
   */
  record Free(long epoch, int attempts, long best, boolean takenOver) implements Look {}

  /** Somebody's; another look makes sense after {@code again}, or when it was given back. */
  record Taken(Duration again) implements Look {}

  Claims(
      LedgerStore store,
      InstantSource clock,
      Terms terms,
      Expiry expiry,
      Attempts attempts,
      EngineTurn turn) {
    this.store = store;
    this.clock = clock;
    this.terms = terms;
    this.expiry = expiry;
    this.attempts = attempts;
    this.turn = turn;
  }

  /** Of each order that has a claim, the highest. */
  Map<String, Top> all() {
    Map<String, Top> tops = new TreeMap<>();
    for (Listed listed : Pages.all(store, Keys.CLAIMS)) {
      Matcher name = NAME.matcher(listed.name());
      if (name.matches()) {
        Top top = new Top(Long.parseLong(name.group(2)), name.group(3) != null);
        tops.merge(name.group(1), top, Claims::higher);
      }
    }
    return tops;
  }

  private static Top higher(Top one, Top other) {
    if (one.epoch() == other.epoch()) {
      return new Top(one.epoch(), one.released() || other.released());
    }
    return one.epoch() > other.epoch() ? one : other;
  }

  /** The highest claim on one order. */
  Top top(String order) {
    Top top = Top.NONE;
    for (String listed : Pages.names(store, Keys.claims(order))) {
      Matcher name = NAME.matcher(order + "/" + listed);
      if (name.matches()) {
        top = higher(top, new Top(Long.parseLong(name.group(2)), name.group(3) != null));
      }
    }
    return top;
  }

  /** When a claim that was made after that can run out at the earliest. */
  Instant earliestEnd(Instant made) {
    return made.plus(terms.lease().compareTo(terms.stall()) < 0 ? terms.lease() : terms.stall());
  }

  /** Whether the order may be claimed now. */
  Look look(String order, Top top) {
    if (top.epoch() == 0) {
      return new Free(1, 1, 0, false);
    }
    String key = Keys.claim(order, top.epoch());
    Optional<Entry> object = store.get(key);
    if (object.isEmpty()) {
      // Settled since it was listed; or given back after that, which leaves a word about nothing.
      return top.released() ? new Free(top.epoch() + 1, 1, 0, false) : new Taken(Duration.ZERO);
    }
    Optional<Claim> claim = readable(key, object.get());
    Optional<Entry> sign = store.get(key + Keys.HEART);
    Optional<Heart> heart = sign.flatMap(s -> heart(key + Keys.HEART, s));
    long best = claim.map(Claim::best).orElse(0L);
    long kept = Math.max(heart.map(Heart::kept).orElse(0L), keptBefore(order, top.epoch()));
    int before = heart.map(Heart::attempts).or(() -> claim.map(this::attempts)).orElse(1);
    Duration lease = claim.map(Claim::lease).orElse(terms.lease());
    boolean orphan = claim.isPresent() && isOrphan(claim.get());
    Duration silent = sign.orElse(object.get()).age();
    Duration stall = claim.map(Claim::stall).orElse(terms.stall());
    Duration still = heart.map(Heart::still).orElse(Duration.ZERO);
    Duration left = expiry.left(lease, stall, silent, still);
    // It may have been given back since it was listed: a look can be long.
    boolean over = top.released() || orphan || !isPositive(left);
    Optional<Entry> released = over ? store.get(key + Keys.RELEASED) : Optional.empty();
    boolean givenBack = top.released() || orphan || released.isPresent();
    if (givenBack) {
      left = released.map(r -> r.age().negated()).orElse(Duration.ZERO);
    }
    String engine = claim.map(Claim::engine).orElse(terms.engine());
    left = left.plus(turn.wait(terms.engine(), engine, kept, lease));
    if (isPositive(left)) {
      return new Taken(left);
    }
    return new Free(
        top.epoch() + 1,
        attempts.next(before, best, kept, givenBack || isUnknown(sign, heart)),
        Math.max(best, kept),
        !givenBack);
  }

  /**
   * What a claim counts, with what the holder before has come to since it was looked at: by the
   * time it was followed it may have got on, or have given the order back. A look can be long, and
   * what was created is not written again.
   */
  int attempts(Claim claim) {
    if (claim.epoch() == 1 || claim.attempts() == 1) {
      return claim.attempts();
    }
    String before = Keys.claim(claim.order(), claim.epoch() - 1);
    boolean givenBack = store.get(before + Keys.RELEASED).isPresent();
    int now =
        store
            .get(before + Keys.HEART)
            .flatMap(sign -> heart(before + Keys.HEART, sign))
            .map(h -> attempts.next(h.attempts(), claim.best(), h.kept(), givenBack))
            .orElse(claim.attempts());
    return Math.min(now, claim.attempts());
  }

  private static boolean isPositive(Duration duration) {
    return duration.compareTo(Duration.ZERO) > 0;
  }

  /**
   * What the holder before has reported since it was followed: one that was only paused, or whose
   * follower had looked long before it claimed.
   */
  private long keptBefore(String order, long epoch) {
    if (epoch == 1) {
      return 0;
    }
    String key = Keys.claim(order, epoch - 1) + Keys.HEART;
    return store.get(key).flatMap(sign -> heart(key, sign)).map(Heart::kept).orElse(0L);
  }

  /** A sign of life that cannot be read may have told of progress. */
  private static boolean isUnknown(Optional<Entry> sign, Optional<Heart> heart) {
    return sign.isPresent() && heart.isEmpty();
  }

  /** Claims what a look found free; empty if another was faster. */
  Optional<Claim> take(String order, Free free) {
    String token = UUID.randomUUID().toString();
    Claim mine =
        new Claim(
            order,
            free.epoch(),
            terms.worker(),
            token,
            terms.engine(),
            terms.lease(),
            terms.stall(),
            free.attempts(),
            free.best(),
            clock.instant());
    String key = Keys.claim(order, free.epoch());
    tokens.add(token);
    boolean ours = false;
    try {
      ours = store.create(key, mine.bytes()).isDone() || isOurs(key, token);
    } finally {
      if (!ours) {
        tokens.remove(token);
      }
    }
    return ours ? Optional.of(mine) : Optional.empty();
  }

  void forget(Claim claim) {
    tokens.remove(claim.token());
  }

  /**
   * Created by this process, which was never told so: the store was away before its answer came.
   * Nobody works under such a claim.
   */
  private boolean isOrphan(Claim claim) {
    return claim.worker().equals(terms.worker()) && !tokens.contains(claim.token());
  }

  /** A creation whose answer was lost, and that was repeated, says "exists" of our own. */
  private boolean isOurs(String key, String token) {
    return store
        .get(key)
        .flatMap(entry -> readable(key, entry))
        .map(claim -> claim.token().equals(token))
        .orElse(false);
  }

  private static Optional<Claim> readable(String key, Entry entry) {
    try {
      return Optional.of(Claim.of(key, entry.content()));
    } catch (UnreadableException e) {
      return Optional.empty();
    }
  }

  private static Optional<Heart> heart(String key, Entry entry) {
    try {
      return Optional.of(Heart.of(key, entry.content()));
    } catch (UnreadableException e) {
      return Optional.empty();
    }
  }

  /**
   * Whether a claim is still the highest, and its order unsettled: settling removes the claims.
   *
   * @throws StoreException if that cannot be known
   */
  boolean isTop(Claim claim) {
    return top(claim.order()).equals(new Top(claim.epoch(), false));
  }
}
