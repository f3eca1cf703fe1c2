package dev.secateur.evaluate;

import dev.secateur.dataset.Dataset;
import dev.secateur.dataset.Target;
import dev.secateur.graph.Shape;
import dev.secateur.plan.Preprocessing;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Some samples of a set, spread evenly over it; closing it closes nothing. */
public record Selection(Dataset all, int[] chosen) implements Dataset {
  /** At most so many. */
  public static Selection of(Dataset set, int most) {
    int count = Math.min(most, set.size());
    return new Selection(
        set, IntStream.range(0, count).map(i -> (int) ((long) i * set.size() / count)).toArray());
  }

  @Override
  public int size() {
    return chosen.length;
  }

  @Override
  public List<Shape> inputs() {
    return all.inputs();
  }

  @Override
  public List<Target> targets() {
    return all.targets();
  }

  @Override
  public List<String> classes() {
    return all.classes();
  }

  @Override
  public Batch batch(int[] indices) {
    return all.batch(Arrays.stream(indices).map(i -> chosen[i]).toArray());
  }

  @Override
  public Dataset prepared(Preprocessing other) {
    return new Selection(all.prepared(other), chosen);
  }

  @Override
  public String digest() {
    return all.digest();
  }

  @Override
  public void close() {}
}
