package dev.secateur.job;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Head;
import dev.secateur.keras.KerasModel;
import dev.secateur.keras.TrainingConfig;
import dev.secateur.plan.FineTuning;
import dev.secateur.plan.FineTuning.Loss;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The losses that a model is trained with, by output: the plan's for the first, else those that the
 * file was compiled with, in the plan's words. A loss of Keras' that the plan has no word for is
 * replaced by the nearest that it has, and said.
 *
 * @param replaced Keras' name of each such loss, by output
 */
public record FileLosses(Map<String, Loss> losses, Map<String, String> replaced) {
  public FileLosses {
    losses = Map.copyOf(losses);
    replaced = Map.copyOf(replaced);
  }

  /** Those of the file alone: what every plan leaves as it is. */
  public static FileLosses of(KerasModel model) {
    return of(model, FineTuning.RECOMMENDED);
  }

  /** Those of the file that its outputs' functions do not say by themselves, by output. */
  public static Map<String, Loss> unsaid(KerasModel model) {
    Map<String, Loss> losses = new LinkedHashMap<>(of(model).losses());
    for (Head head : Head.of(model.graph())) {
      boolean said =
          switch (head.link()) {
            case SOFTMAX -> true;
            case SIGMOID -> losses.get(head.name()) == Loss.BINARY_CROSS_ENTROPY;
            case IDENTITY -> false;
          };
      if (said) {
        losses.remove(head.name());
      }
    }
    return losses;
  }

  public static FileLosses of(KerasModel model, FineTuning how) {
    Map<String, Loss> losses = new LinkedHashMap<>();
    Map<String, String> replaced = new LinkedHashMap<>();
    int count = model.graph().outputs().size();
    for (int i = 0; i < count; i++) {
      Graph.Output output = model.graph().outputs().get(i);
      int index = i;
      Optional<TrainingConfig.Loss> own =
          model.trainingConfig().flatMap(c -> c.loss(output.name(), index, count));
      own.ifPresent(
          loss -> {
            inOurWords(loss).ifPresent(l -> losses.put(output.name(), l));
            if (!exact(loss)) {
              replaced.put(output.name(), loss.name());
            }
          });
      if (i == 0) {
        how.loss()
            .ifPresent(
                asked -> {
                  losses.merge(output.name(), asked, FileLosses::withLogits);
                  replaced.remove(output.name());
                });
      }
    }
    return new FileLosses(losses, replaced);
  }

  /** The file knows whether the outputs are logits, whatever loss was asked for. */
  private static Loss withLogits(Loss file, Loss asked) {
    boolean logits = file == Loss.BINARY_CROSS_ENTROPY_LOGITS || file == Loss.CROSS_ENTROPY_LOGITS;
    return switch (asked) {
      case BINARY_CROSS_ENTROPY -> logits ? Loss.BINARY_CROSS_ENTROPY_LOGITS : asked;
      case CROSS_ENTROPY -> logits ? Loss.CROSS_ENTROPY_LOGITS : asked;
      case CROSS_ENTROPY_LOGITS,
          BINARY_CROSS_ENTROPY_LOGITS,
          RECONSTRUCTION,
          MEAN_SQUARED_ERROR,
          MEAN_ABSOLUTE_ERROR ->
          asked;
    };
  }

  private static boolean exact(TrainingConfig.Loss loss) {
    return switch (loss.name()) {
      case "categorical_crossentropy",
          "sparse_categorical_crossentropy",
          "binary_crossentropy",
          "mean_squared_error",
          "mse",
          "mean_absolute_error",
          "mae" ->
          true;
      default -> false;
    };
  }

  private static Optional<Loss> inOurWords(TrainingConfig.Loss loss) {
    return switch (loss.name()) {
      case "categorical_crossentropy",
          "sparse_categorical_crossentropy",
          "categorical_focal_crossentropy",
          "kl_divergence",
          "kullback_leibler_divergence",
          "kld" ->
          Optional.of(loss.fromLogits() ? Loss.CROSS_ENTROPY_LOGITS : Loss.CROSS_ENTROPY);
      case "binary_crossentropy", "binary_focal_crossentropy" ->
          Optional.of(
              loss.fromLogits() ? Loss.BINARY_CROSS_ENTROPY_LOGITS : Loss.BINARY_CROSS_ENTROPY);
      case "mean_squared_error",
          "mse",
          "mean_squared_logarithmic_error",
          "msle",
          "huber",
          "huber_loss",
          "log_cosh",
          "logcosh",
          "poisson" ->
          Optional.of(Loss.MEAN_SQUARED_ERROR);
      case "mean_absolute_error", "mae", "mean_absolute_percentage_error", "mape" ->
          Optional.of(Loss.MEAN_ABSOLUTE_ERROR);
      default -> Optional.empty();
    };
  }
}
