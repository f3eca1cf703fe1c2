package dev.secateur.job;

import dev.secateur.graph.Graph;
import dev.secateur.graph.Head;
import dev.secateur.graph.Macs;
import dev.secateur.graph.Node;
import dev.secateur.graph.Shape;
import dev.secateur.graph.channel.Channels;
import dev.secateur.keras.KerasModel;
import dev.secateur.keras.refusal.Reason;
import dev.secateur.keras.refusal.Refusal;
import dev.secateur.plan.Acceptance;
import dev.secateur.plan.ChannelTarget;
import dev.secateur.prune.ChannelSensitivity;
import dev.secateur.prune.ChannelWidths;
import dev.secateur.prune.Divergence;
import dev.secateur.prune.ExpectedLoss;
import dev.secateur.prune.Reconstruction;
import dev.secateur.prune.SampleCosts;
import dev.secateur.result.FailureReason;
import dev.secateur.result.JobResult;
import dev.secateur.result.Narrowed;
import dev.secateur.train.FisherInformation;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The model without channels, as the plan asks for it; with all where it does not. */
final class Narrowing {
  private Narrowing() {}

  /**
   * The model as narrow as it can become, which shows whether what comes of the plan can be written
   * and converted.
   *
   * @throws JobException if fewer channels can go than are asked for
   */
  static KerasModel rehearsed(KerasModel model, ChannelTarget target) {
    Channels channels = Channels.of(model.graph(), model.fixedLayers());
    if (channels.groups().isEmpty()) {
      throw impossible("no channels can be removed from this network" + reasons(channels));
    }
    ChannelWidths widths = new ChannelWidths(model.graph(), channels, target);
    if (widths.most() < target.share().orElse(0.0)) {
      throw impossible(
          String.format(
              Locale.ROOT,
              "channels can go for %.1f %% of the network's %s at most, not for the %.1f %% asked"
                  + " for%s",
              100 * widths.most(),
              target.of().label(),
              100 * target.share().get(),
              reasons(channels)));
    }
    try {
      return model.resized(channels.without(widths.least()));
    } catch (Refusal e) {
      throw impossible(
          e.reasons().stream().map(Reason::toString).collect(Collectors.joining("; ")));
    }
  }

  private static JobException impossible(String message) {
    return new JobException(FailureReason.MODEL_UNSUPPORTED, "/pruning/channels: " + message);
  }

  private static String reasons(Channels channels) {
    final int most = 5;
    if (channels.reasons().isEmpty()) {
      return " (it has no layer that makes channels for another)";
    }
    return channels.reasons().entrySet().stream()
        .limit(most)
        .map(e -> e.getKey() + " keeps its channels: " + e.getValue())
        .collect(Collectors.joining("; ", " (", channels.reasons().size() > most ? "; …)" : ")"));
  }

  static KerasModel of(Run run, ChannelTarget target) {
    KerasModel model = run.inputs().model();
    Graph original = model.graph();
    Channels channels = Channels.of(original, model.fixedLayers());
    ChannelWidths widths = new ChannelWidths(original, channels, target);
    Set<String> scores = Reconstructed.scores(run);
    Divergence divergence = new Divergence(Head.of(original), scores);
    Reconstruction reconstruction = new Reconstruction(Reconstructed.forChannels(run, original));
    ChannelSensitivity sensitivity =
        run.shared()
            .get(
                Reconstructed.origin("what its channels cost", run),
                Codecs.CHANNELS,
                () ->
                    reconstruction.sensitivity(
                        original,
                        channels,
                        divergence,
                        new FisherInformation(scores, run.job().threads())));
    if (target.share().isPresent()) {
      BitSet removed = widths.removed(sensitivity, target.share().get());
      Supplier<Graph> making = () -> reconstruction.without(original, channels, removed);
      // A search looks at one network more than once.
      return model.resized(
          run.job().plan().heldOut().isPresent()
              ? run.shared()
                  .get(
                      Reconstructed.origin("the network without channels", run)
                          .with(target.toString()),
                      Codecs.weights(channels.without(removed)),
                      making)
              : making.get());
    }
    Search search = new Search(run, reconstruction, channels, widths, sensitivity, divergence);
    return search.narrowest().map(model::resized).orElse(model);
  }

  /** What has become of the whole network. */
  static Narrowed of(ChannelTarget target, Graph original, Graph narrow) {
    SampleCosts before = SampleCosts.of(original);
    SampleCosts after = SampleCosts.of(narrow);
    return new Narrowed(
        target.of(),
        target.share(),
        new Narrowed.Change(before.macs(), after.macs()),
        new Narrowed.Change(before.weights(), after.weights()),
        new Narrowed.Change(before.memory(), after.memory()));
  }

  /** What has become of each layer that takes multiplications, by its name. */
  static Map<String, JobResult.Channels> layers(Graph original, Graph narrow) {
    Map<String, Shape> shapesBefore = original.shapes();
    Map<String, Shape> shapesAfter = narrow.shapes();
    Map<String, Long> macsBefore = Macs.of(original);
    Map<String, Long> macsAfter = Macs.of(narrow);
    Map<String, JobResult.Channels> layers = new LinkedHashMap<>();
    for (Node node : original.nodes()) {
      String name = node.name();
      if (macsBefore.containsKey(name)) {
        layers.merge(
            node.layer(),
            new JobResult.Channels(
                new Narrowed.Change(shapesBefore.get(name).last(), shapesAfter.get(name).last()),
                new Narrowed.Change(macsBefore.get(name), macsAfter.get(name))),
            (a, b) ->
                new JobResult.Channels(
                    b.outputs(),
                    new Narrowed.Change(
                        a.macs().before() + b.macs().before(),
                        a.macs().after() + b.macs().after())));
      }
    }
    return layers;
  }

  /**
   * The narrowest network whose loss is expected to be accepted as it is, before any training.
   *
   * @param sensitivity what the channels cost
   */
  private record Search(
      Run run,
      Reconstruction reconstruction,
      Channels channels,
      ChannelWidths widths,
      ChannelSensitivity sensitivity,
      Divergence divergence) {
    /** Halvings of the shares between which the answer is. */
    private static final int HALVINGS = 5;

    Optional<Graph> narrowest() {
      Graph original = run.inputs().model().graph();
      Optional<Graph> best = Optional.empty();
      double low = 0;
      double high = widths.most();
      for (int i = 0; i < HALVINGS; i++) {
        double share = (low + high) / 2;
        Graph narrow =
            reconstruction.without(original, channels, widths.removed(sensitivity, share));
        if (accepted(reconstruction.lost(original, narrow, divergence))) {
          best = Optional.of(narrow);
          low = share;
        } else {
          high = share;
        }
      }
      if (best.isEmpty()) {
        run.warn("no channels were removed: the loss would not be accepted");
      }
      return best;
    }

    private boolean accepted(ExpectedLoss lost) {
      Acceptance acceptance = run.job().plan().acceptance();
      return lost.accuracy() <= acceptance.maxAccuracyDrop().orElse(Acceptance.MAX_ACCURACY_DROP)
          && lost.error() <= acceptance.maxLossIncrease().orElse(Acceptance.MAX_LOSS_INCREASE);
    }
  }
}
