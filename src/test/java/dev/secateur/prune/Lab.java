package dev.secateur.prune;

import dev.secateur.dataset.*;
import dev.secateur.graph.*;
import dev.secateur.keras.*;
import dev.secateur.plan.*;
import dev.secateur.tflite.*;
import java.nio.file.*;
import java.util.*;
import java.util.function.Function;
import java.util.stream.*;

public final class Lab {
  static final Path SHARED = Path.of("../shared");

  record Case(String file, Preprocessing pre) {}

  static Case of(String n) {
    List<Double> mean = List.of(125.307, 122.950, 113.865), std = List.of(62.9932, 62.0887, 66.7048);
    return switch (n) {
      case "resnet8" -> new Case("mlperf_resnet8_cifar10.h5", Preprocessing.NONE);
      case "lenet" -> new Case("onepixel_lenet_cifar10.h5", new Preprocessing(1, mean, std));
      case "resnet32" -> new Case("onepixel_resnet32_cifar10.h5", new Preprocessing(1, mean, std));
      case "suheyl" -> new Case("suheyl_cnn_cifar10_logits.h5", new Preprocessing(1 / 255.0, List.of(), List.of()));
      default -> throw new IllegalArgumentException(n);
    };
  }

  public static void main(String[] a) throws Exception {
    Case c = of(a[0]);
    int samples = Integer.parseInt(a[1]);
    String allocation = a[2];
    KerasModel model = KerasReader.read(SHARED.resolve("models").resolve(c.file()));
    Graph g = model.graph();
    Dataset train = Datasets.open(SHARED.resolve("data/cifar10_train10k.npz"), Datasets.Part.TRAIN, c.pre(), Datasets.Expected.ANYTHING);
    Dataset test = Datasets.open(SHARED.resolve("data/cifar10_test1k.npz"), Datasets.Part.EVALUATION, c.pre(), Datasets.Expected.ANYTHING);
    Function<Graph, Predictor> tflite = x -> TfliteInterpreter.open(TfliteCompiler.float32(x, new ModelMetadata("lab", "")), 2);
    int seed = a.length > 4 ? Integer.parseInt(a[4]) : 0;
    int[] chosen = new Random(seed).ints(0, train.size()).distinct().limit(samples).sorted().toArray();
    List<List<Tensor>> batches = new ArrayList<>();
    for (int i = 0; i < samples; i += 32) batches.add(List.of(train.batch(Arrays.copyOfRange(chosen, i, Math.min(i + 32, samples))).inputs().get(0)));
    System.out.printf("original %.1f  int8 %.1f%n", top1(g, test, false, train, seed), top1(g, test, true, train, seed));
    for (String s : a[3].split(",")) {
      double sparsity = Double.parseDouble(s);
      long t = System.nanoTime();
      Reconstruction r = new Reconstruction(new Samples(batches, tflite, () -> false), 2);
      Divergence div = new Divergence(dev.secateur.graph.Head.of(g), g.outputs().stream().map(Graph.Output::name).collect(Collectors.toSet()));
      Allocation kept = switch (allocation) {
        case "uniform" -> Allocation.uniform(g, sparsity);
        case "lamp" -> Allocation.lamp(g, sparsity);
        default -> r.sensitivity(g, div).allocate(sparsity);
      };
      double ta = (System.nanoTime() - t) / 1e9;
      Graph p = r.prune(g, kept);
      double seconds = (System.nanoTime() - t) / 1e9;
      System.out.printf("%s %s %.2f: float %.1f int8 %.1f KL %.4f  in %.2f s (allocation %.2f)%n", a[0], allocation, sparsity, top1(p, test, false, train, seed), top1(p, test, true, train, seed), kl(g, p, test), seconds, ta);
      StringBuilder b = new StringBuilder();
      p.prunable().forEach(w -> b.append(String.format("%s %.2f  ", w.name(), w.value().sparsity())));
      System.out.println(b);
    }
  }

  static double kl(Graph g, Graph p, Dataset test) {
    double sum = 0;
    try (Predictor a = TfliteInterpreter.open(TfliteCompiler.float32(g, new ModelMetadata("lab", "")), 2); Predictor b = TfliteInterpreter.open(TfliteCompiler.float32(p, new ModelMetadata("lab", "")), 2)) {
      for (int i = 0; i < test.size(); i += 50) {
        Tensor x = test.batch(IntStream.range(i, i + 50).toArray()).inputs().get(0);
        sum += 50 * new Divergence(dev.secateur.graph.Head.of(g), Set.of(g.outputs().get(0).name())).between(List.of(List.of(log(a.predict(List.of(x)).get(0)))), List.of(List.of(log(b.predict(List.of(x)).get(0)))));
      }
    }
    return sum / test.size();
  }

  static Tensor log(Tensor t) {
    float[] v = t.values().clone();
    boolean prob = true;
    for (float x : v) prob &= x >= 0 && x <= 1;
    if (prob) for (int i = 0; i < v.length; i++) v[i] = (float) Math.log(v[i] + 1e-9);
    return new Tensor(t.shape(), v);
  }

  static double top1(Graph g, Dataset test, boolean int8, Dataset train, int seed) {
    TfliteModel m = TfliteCompiler.float32(g, new ModelMetadata("lab", ""));
    if (int8) {
      List<List<Tensor>> rep = new ArrayList<>();
      int[] ch = new Random(seed + 77).ints(0, train.size()).distinct().limit(100).toArray();
      for (int i = 0; i < 100; i += 25) rep.add(List.of(train.batch(Arrays.copyOfRange(ch, i, i + 25)).inputs().get(0)));
      Calibration cal = new Calibrator(2).calibrate(g, rep);
      m = TfliteCompiler.int8(g, cal, Quantization.DEFAULT, new ModelMetadata("lab", ""));
    }
    int right = 0;
    try (Predictor p = TfliteInterpreter.open(m, 2)) {
      for (int i = 0; i < test.size(); i += 50) {
        Dataset.Batch b = test.batch(IntStream.range(i, i + 50).toArray());
        float[] y = p.predict(List.of(b.inputs().get(0))).get(0).values();
        for (int k = 0; k < 50; k++) {
          int best = 0;
          for (int j = 1; j < 10; j++) if (y[k * 10 + j] > y[k * 10 + best]) best = j;
          if (best == (int) b.targets().get(0).values()[k]) right++;
        }
      }
    }
    return 100.0 * right / test.size();
  }
}
