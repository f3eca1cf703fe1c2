package dev.secateur.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.secateur.dataset.Allowance;
import dev.secateur.evaluate.RecordedOutputs;
import dev.secateur.graph.Graph;
import dev.secateur.graph.Grid;
import dev.secateur.graph.Tensor;
import dev.secateur.graph.Weight;
import dev.secateur.job.SharedProducts.Codec;
import dev.secateur.plan.FineTuning;
import dev.secateur.plan.Pruning;
import dev.secateur.prune.ChannelSensitivity;
import dev.secateur.prune.Sensitivity;
import dev.secateur.train.FineTuned;
import dev.secateur.train.Quantizing;
import dev.secateur.train.TrainingListener;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** How the products that jobs share are written: big-endian, counts before what they count. */
final class Codecs {
  /**
   * @param allowance for those that are read
   */
  static Codec<RecordedOutputs> outputs(Allowance allowance) {
    return new Codec<>() {
      @Override
      public void write(RecordedOutputs outputs, DataOutputStream out) throws IOException {
        outputs.writeTo(out);
      }

      @Override
      public RecordedOutputs read(DataInputStream in) throws IOException {
        return RecordedOutputs.read(in, allowance);
      }
    };
  }

  static final Codec<Integer> COUNT =
      new Codec<>() {
        @Override
        public void write(Integer count, DataOutputStream out) throws IOException {
          out.writeInt(count);
        }

        @Override
        public Integer read(DataInputStream in) throws IOException {
          return in.readInt();
        }
      };

  /** Values of each head, one sample after the other. */
  static final Codec<List<float[]>> HEADS =
      new Codec<>() {
        @Override
        public void write(List<float[]> heads, DataOutputStream out) throws IOException {
          out.writeInt(heads.size());
          for (float[] head : heads) {
            out.writeInt(head.length);
            ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(head.length, Float.BYTES));
            bytes.asFloatBuffer().put(head);
            out.write(bytes.array());
          }
        }

        @Override
        public List<float[]> read(DataInputStream in) throws IOException {
          List<float[]> heads = new ArrayList<>();
          for (int left = in.readInt(); left > 0; left--) {
            float[] head = new float[in.readInt()];
            byte[] bytes = new byte[Math.multiplyExact(head.length, Float.BYTES)];
            in.readFully(bytes);
            ByteBuffer.wrap(bytes).asFloatBuffer().get(head);
            heads.add(head);
          }
          return heads;
        }
      };

  static final Codec<Sensitivity> SENSITIVITY =
      new Codec<>() {
        @Override
        public void write(Sensitivity table, DataOutputStream out) throws IOException {
          out.writeInt(table.kernels().size());
          for (Sensitivity.Kernel kernel : table.kernels()) {
            out.writeUTF(kernel.name());
            out.writeLong(kernel.size());
            out.writeInt(kernel.divergence().length);
            for (double divergence : kernel.divergence()) {
              out.writeDouble(divergence);
            }
          }
        }

        @Override
        public Sensitivity read(DataInputStream in) throws IOException {
          List<Sensitivity.Kernel> kernels = new ArrayList<>();
          for (int left = in.readInt(); left > 0; left--) {
            String name = in.readUTF();
            long size = in.readLong();
            double[] divergence = new double[in.readInt()];
            for (int i = 0; i < divergence.length; i++) {
              divergence[i] = in.readDouble();
            }
            kernels.add(new Sensitivity.Kernel(name, size, divergence));
          }
          return new Sensitivity(kernels);
        }
      };

  /** A network like this one with other weights: those alone. */
  static Codec<Graph> weights(Graph like) {
    return new Codec<>() {
      @Override
      public void write(Graph network, DataOutputStream out) throws IOException {
        out.writeInt(network.weights().size());
        for (Weight weight : network.weights().values()) {
          out.writeUTF(weight.name());
        }
        HEADS.write(network.weights().values().stream().map(w -> w.value().values()).toList(), out);
      }

      @Override
      public Graph read(DataInputStream in) throws IOException {
        List<String> names = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
          names.add(in.readUTF());
        }
        List<float[]> values = HEADS.read(in);
        Map<String, Tensor> weights = new LinkedHashMap<>();
        for (int i = 0; i < names.size(); i++) {
          Weight weight =
              like.weight(names.get(i))
                  .orElseThrow(() -> new IOException("weights of another network"));
          weights.put(weight.name(), new Tensor(weight.shape(), values.get(i)));
        }
        return like.withWeights(weights);
      }
    };
  }

  /**
   * A trained network.
   *
   * @param like the network from before it was trained
   */
  static Codec<FineTuned> tuned(Graph like) {
    Codec<Graph> weights = weights(like);
    return new Codec<>() {
      @Override
      public void write(FineTuned tuned, DataOutputStream out) throws IOException {
        weights.write(tuned.graph(), out);
        byte[] rest = JSON.writeValueAsBytes(TunedRecord.of(tuned));
        out.writeInt(rest.length);
        out.write(rest);
      }

      @Override
      public FineTuned read(DataInputStream in) throws IOException {
        Graph graph = weights.read(in);
        return JSON.readValue(in.readNBytes(in.readInt()), TunedRecord.class).of(graph);
      }
    };
  }

  /** What is told of a training, beside its weights. */
  private record TunedRecord(
      int steps,
      List<TrainingListener.Epoch> epochs,
      Pruning pruning,
      FineTuning.Loss loss,
      boolean distilled,
      Optional<FineTuning.Precision> precision,
      Optional<Double> learningRate,
      Optional<FineTuned.HeldOut> heldOut,
      Map<String, Quantizing.Scale> scales,
      Map<String, Grid> grids,
      Map<String, Double> sparsity) {
    static TunedRecord of(FineTuned tuned) {
      return new TunedRecord(
          tuned.steps(),
          tuned.epochs(),
          tuned.pruning(),
          tuned.loss(),
          tuned.distilled(),
          tuned.precision(),
          tuned.learningRate(),
          tuned.heldOut(),
          tuned.scales(),
          tuned.grids(),
          tuned.sparsity());
    }

    FineTuned of(Graph graph) {
      return new FineTuned(
          graph,
          steps,
          OptionalInt.empty(),
          epochs,
          pruning,
          loss,
          distilled,
          precision,
          learningRate,
          heldOut,
          scales,
          grids,
          sparsity);
    }
  }

  private static final ObjectMapper JSON = new ObjectMapper().registerModule(new Jdk8Module());

  static final Codec<ChannelSensitivity> CHANNELS =
      new Codec<>() {
        @Override
        public void write(ChannelSensitivity table, DataOutputStream out) throws IOException {
          out.writeInt(table.groups().size());
          for (ChannelSensitivity.Group group : table.groups()) {
            out.writeInt(group.order().length);
            for (int unit : group.order()) {
              out.writeInt(unit);
            }
            out.writeInt(group.fractions().length);
            for (int i = 0; i < group.fractions().length; i++) {
              out.writeDouble(group.fractions()[i]);
              out.writeDouble(group.divergence()[i]);
            }
          }
        }

        @Override
        public ChannelSensitivity read(DataInputStream in) throws IOException {
          List<ChannelSensitivity.Group> groups = new ArrayList<>();
          for (int left = in.readInt(); left > 0; left--) {
            int[] order = new int[in.readInt()];
            for (int i = 0; i < order.length; i++) {
              order[i] = in.readInt();
            }
            double[] fractions = new double[in.readInt()];
            double[] divergence = new double[fractions.length];
            for (int i = 0; i < fractions.length; i++) {
              fractions[i] = in.readDouble();
              divergence[i] = in.readDouble();
            }
            groups.add(new ChannelSensitivity.Group(order, fractions, divergence));
          }
          return new ChannelSensitivity(groups);
        }
      };

  private Codecs() {}
}
