package dev.secateur.result;

import dev.secateur.plan.Measure;
import dev.secateur.plan.Task;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One form of the model, measured on the evaluation set.
 *
 * @param name original, pruned, fp32, or as its scheme
 * @param zippedBytes size of a zip (DEFLATE) that holds the file
 * @param top1 fraction right; empty where there are no labels or no classes
 * @param loss mean cross-entropy, or mean squared error of a reconstruction; empty without either
 * @param sparsity fraction of zeros in the prunable weights
 * @param agreementWithOriginal fraction of samples with the original's top-1 class
 * @param confusion rows true, columns predicted; empty without labels or past 100 classes
 * @param measures of the output where there is one; those of several stand with their outputs
 * @param divergence from the original, the largest of the outputs'; empty where none can be told
 * @param outputs by name, in the network's order
 * @param faults why a verdict on this variant would rest on nothing
 * @param signature of a TFLite file; empty for Keras files
 * @param macs multiplications and additions of the kernels, for one sample
 * @param activationBytes memory that the values between the operators of a TFLite file take, one
 *     sample at a time, as TFLite Micro plans it; empty for Keras files
 * @param operators the different ones of a TFLite file, by name; empty for Keras files
 * @param misfits why the device that was asked for cannot run a TFLite file
 */
public record Variant(
    String name,
    String file,
    long bytes,
    long zippedBytes,
    Optional<Double> top1,
    Optional<Double> top5,
    Optional<Double> loss,
    int samples,
    double sparsity,
    Micros latencyMicros,
    Optional<Double> agreementWithOriginal,
    List<List<Integer>> confusion,
    Map<Measure, Double> measures,
    Optional<Double> divergence,
    Map<String, Output> outputs,
    List<Fault> faults,
    Optional<Signature> signature,
    long macs,
    Optional<Long> activationBytes,
    List<String> operators,
    List<String> misfits) {
  public Variant {
    operators = List.copyOf(operators);
    misfits = List.copyOf(misfits);
    confusion = List.copyOf(confusion);
    measures = ordered(measures);
    outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    faults = List.copyOf(faults);
  }

  /** This with other faults. */
  public Variant withFaults(List<Fault> others) {
    return with(others, misfits);
  }

  /** This with what keeps a device from running it. */
  public Variant withMisfits(List<String> others) {
    return with(faults, others);
  }

  private Variant with(List<Fault> otherFaults, List<String> otherMisfits) {
    return new Variant(
        name,
        file,
        bytes,
        zippedBytes,
        top1,
        top5,
        loss,
        samples,
        sparsity,
        latencyMicros,
        agreementWithOriginal,
        confusion,
        measures,
        divergence,
        outputs,
        otherFaults,
        signature,
        macs,
        activationBytes,
        operators,
        otherMisfits);
  }

  private static Map<Measure, Double> ordered(Map<Measure, Double> measures) {
    Map<Measure, Double> ordered = new EnumMap<>(Measure.class);
    ordered.putAll(measures);
    return Collections.unmodifiableMap(ordered);
  }

  /**
   * What is wrong with an output, or with its targets.
   *
   * @param kind such as {@code constant}, {@code chance}, {@code not-finite}, {@code noise}, {@code
   *     same-targets}
   * @param message to follow the output's name
   */
  public record Fault(String output, String kind, String message) {
    @Override
    public String toString() {
      return "output " + output + " " + message;
    }
  }

  /**
   * A measure for people.
   *
   * @param name such as {@code mIoU}
   * @param text the value with its unit
   * @param likeness whether it compares with the original, not with targets
   */
  public record Figure(String name, double value, String text, boolean likeness) {}

  /**
   * What one output was judged by.
   *
   * @param standardErrors of the difference from the original, of measures that rest on few samples
   * @param expectedDrop of accuracy, by the original's own probabilities; empty where these do not
   *     tell
   */
  public record Output(
      Task task,
      Map<Measure, Double> measures,
      Optional<Double> divergence,
      Map<Measure, Double> standardErrors,
      Optional<Double> expectedDrop) {
    public Output {
      measures = ordered(measures);
      standardErrors = ordered(standardErrors);
    }

    /** The measures for people, the task's foremost first. */
    public List<Figure> figures() {
      return task.measures().stream().filter(measures::containsKey).map(this::figure).toList();
    }

    /** As in plans: {@code multi-label}. */
    public String taskName() {
      return task.label();
    }

    private Figure figure(Measure measure) {
      double value = measures.get(measure);
      boolean likeness =
          switch (measure) {
            case AGREEMENT, BALANCED_AGREEMENT, RELATIVE_ERROR -> true;
            default -> false;
          };
      return new Figure(
          MeasureText.name(measure), value, MeasureText.value(measure, value), likeness);
    }

    public Optional<Double> measure(Measure measure) {
      return Optional.ofNullable(measures.get(measure));
    }
  }

  /**
   * Time from input to output of one sample at a time, in microseconds.
   *
   * @param p90 nine of ten samples took no longer
   */
  public record Micros(double median, double p90) {}
}
