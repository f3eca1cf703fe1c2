package dev.secateur.job;

import dev.secateur.evaluate.RecordedOutputs;
import dev.secateur.job.SharedProducts.Codec;
import dev.secateur.prune.ChannelSensitivity;
import dev.secateur.prune.Sensitivity;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** How the products that jobs share are written: big-endian, counts before what they count. */
final class Codecs {
  static final Codec<RecordedOutputs> OUTPUTS =
      new Codec<>() {
        @Override
        public void write(RecordedOutputs outputs, DataOutputStream out) throws IOException {
          outputs.writeTo(out);
        }

        @Override
        public RecordedOutputs read(DataInputStream in) throws IOException {
          return RecordedOutputs.read(in);
        }
      };

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
