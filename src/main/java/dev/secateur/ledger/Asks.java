package dev.secateur.ledger;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** How questions are put whose answers what is asked next does not depend on. */
public interface Asks {
  /** At once, one after the other. */
  Asks IN_TURN =
      new Asks() {
        @Override
        public <T> Supplier<T> ask(Supplier<T> question) {
          T answer = question.get();
          return () -> answer;
        }
      };

  /** Asks; whoever gets the answer waits for it, and is thrown what asking threw. */
  <T> Supplier<T> ask(Supplier<T> question);

  /** Beside what is asked next. */
  static Asks beside(Executor threads) {
    return new Asks() {
      @Override
      public <T> Supplier<T> ask(Supplier<T> question) {
        CompletableFuture<T> answer = CompletableFuture.supplyAsync(question, threads);
        return () -> {
          try {
            return answer.join();
          } catch (CompletionException e) {
            if (e.getCause() instanceof Error error) {
              throw error;
            }
            throw (RuntimeException) e.getCause();
          }
        };
      }
    };
  }
}
