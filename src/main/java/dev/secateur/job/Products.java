package dev.secateur.job;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the steps of a job have made so far. */
final class Products implements AutoCloseable {
  private final Map<Product<?>, Object> made = new LinkedHashMap<>();

  <T> void put(Product<T> product, T value) {
    made.put(product, product.type().cast(value));
  }

  /**
   * @throws IllegalStateException if no step has made it: the chain is out of order
   */
  <T> T get(Product<T> product) {
    return find(product)
        .orElseThrow(() -> new IllegalStateException(product + ": no step has made it yet"));
  }

  /**
   * @throws IllegalStateException if a step has not made what it says it makes
   */
  void require(Set<Product<?>> products, Stage stage) {
    for (Product<?> product : products) {
      if (!made.containsKey(product)) {
        throw new IllegalStateException(
            "the step " + stage.label() + " has not made " + product + ", which it says it makes");
      }
    }
  }

  /** Empty where the job ended before it was made. */
  <T> Optional<T> find(Product<T> product) {
    return Optional.ofNullable(made.get(product)).map(product.type()::cast);
  }

  @Override
  public void close() {
    find(Product.ORIGINAL_OUTPUTS).ifPresent(outputs -> outputs.close());
  }
}
