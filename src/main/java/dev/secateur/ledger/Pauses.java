package dev.secateur.ledger;

import java.util.HashSet;
import java.util.Set;

/** What is not to be begun for now: everything, models, tenants. What runs goes on. */
public final class Pauses {
  private static final String ALL = "all";
  private static final String MODELS = "models/";
  private static final String TENANTS = "tenants/";

  private final LedgerStore store;

  Pauses(LedgerStore store) {
    this.store = store;
  }

  /** What is paused. */
  public sealed interface Scope {
    /** Everything. */
    record All() implements Scope {}

    record Model(String name) implements Scope {}

    record Tenant(String name) implements Scope {}
  }

  /** The pauses as they stood when they were read. */
  record Now(Set<String> names) {
    boolean stops(String model, String tenant) {
      return stopsAll()
          || names.contains(MODELS + Keys.encoded(model))
          || stopsTenant(Keys.encoded(tenant));
    }

    boolean stopsAll() {
      return names.contains(ALL);
    }

    long models() {
      return names.stream().filter(name -> name.startsWith(MODELS)).count();
    }

    long tenants() {
      return names.stream().filter(name -> name.startsWith(TENANTS)).count();
    }

    /**
     * @param encoded as it stands in keys
     */
    boolean stopsTenant(String encoded) {
      return names.contains(TENANTS + encoded);
    }
  }

  public void pause(Scope scope) {
    store.put(Keys.PAUSES + name(scope), new byte[0]);
  }

  public void resume(Scope scope) {
    store.delete(Keys.PAUSES + name(scope));
  }

  /** Whether an order is not to be begun now. */
  public boolean stop(Order order) {
    return now().stops(order.model(), order.tenant());
  }

  Now now() {
    Set<String> names = new HashSet<>();
    Pages.all(store, Keys.PAUSES).forEach(pause -> names.add(pause.name()));
    return new Now(Set.copyOf(names));
  }

  private static String name(Scope scope) {
    if (scope instanceof Scope.Model model) {
      return MODELS + Keys.encoded(model.name());
    }
    if (scope instanceof Scope.Tenant tenant) {
      return TENANTS + Keys.encoded(tenant.name());
    }
    return ALL;
  }
}
