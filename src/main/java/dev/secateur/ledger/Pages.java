package dev.secateur.ledger;

import dev.secateur.ledger.LedgerStore.Listed;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;

/** Listings of any length, asked for page by page as they are walked through. */
final class Pages {
  private static final int PAGE = 1000;

  private Pages() {}

  /** All objects below a prefix, in order. */
  static Iterable<Listed> all(LedgerStore store, String prefix) {
    return () -> new Walk<>(after -> store.list(prefix, after, PAGE), Listed::name);
  }

  /** What is directly below a prefix, in order. */
  static Iterable<String> names(LedgerStore store, String prefix) {
    return () -> new Walk<>(after -> store.names(prefix, after, PAGE), Function.identity());
  }

  private static final class Walk<T> implements Iterator<T> {
    private final Function<String, List<T>> pages;
    private final Function<T, String> name;
    private List<T> page;
    private int next;

    Walk(Function<String, List<T>> pages, Function<T, String> name) {
      this.pages = pages;
      this.name = name;
      this.page = pages.apply("");
    }

    @Override
    public boolean hasNext() {
      if (next == page.size() && page.size() == PAGE) {
        page = pages.apply(name.apply(page.get(PAGE - 1)));
        next = 0;
      }
      return next < page.size();
    }

    @Override
    public T next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return page.get(next++);
    }
  }
}
