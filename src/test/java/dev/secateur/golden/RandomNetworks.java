package dev.secateur.golden;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.graph.Tensor;
import dev.secateur.keras.KerasException;
import dev.secateur.keras.KerasModel;
import dev.secateur.keras.refusal.Kind;
import dev.secateur.tflite.ArtifactException;
import dev.secateur.tflite.TfliteException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The half of {@code fixtures/random} that is Secateur's: compares each network that Keras wrote,
 * and writes it back with half of its kernels' weights zero.
 *
 * <p>Reads the directory of a fixture a line on standard input, and answers each with a line of
 * JSON: {@code refused} by what, with its reason; {@code differs}, a text a cell; {@code written},
 * the file that Keras is to load, whose outputs by Secateur are then in {@code pruned.bin}.
 */
final class RandomNetworks {
  private RandomNetworks() {}

  public static void main(String[] args) throws IOException {
    PrintStream answers = System.out;
    System.setOut(System.err);
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      Path directory = Path.of(line);
      Fixture fixture =
          new Fixture(
              directory, new JsonMapper().readTree(directory.resolve("entry.json").toFile()));
      answers.println(answer(fixture));
      answers.flush();
    }
  }

  private static ObjectNode answer(Fixture fixture) {
    ObjectNode answer = new JsonMapper().createObjectNode();
    ObjectNode differs = answer.putObject("differs");
    KerasModel model;
    try {
      model = Comparison.read(fixture);
    } catch (KerasException e) {
      return refused(answer, "reading", e);
    } catch (RuntimeException e) {
      differs.put("READ", trace(e));
      return answer;
    }
    try {
      Comparison comparison = new Comparison(fixture);
      check(differs, Cell.PREDICT, () -> comparison.predicted(model.graph()));
      check(differs, Cell.FLOAT, () -> comparison.float32(model.graph()));
      check(differs, Cell.INT8, () -> comparison.int8(model.graph()));
    } catch (ArtifactException e) {
      differs.put("FLOAT", trace(e));
    } catch (TfliteException e) {
      refused(answer, "TFLite", e);
    }
    try {
      answer.put("written", prune(fixture, model));
    } catch (KerasException e) {
      if (e.reasons().stream().anyMatch(reason -> reason.kind() == Kind.MISWRITTEN)) {
        differs.put("PRUNED", e.getMessage());
      } else {
        refused(answer, "writing", e);
      }
    } catch (IOException | RuntimeException e) {
      differs.put("PRUNED", trace(e));
    }
    return answer;
  }

  private interface Check {
    String wrong();
  }

  /** A refusal passes through; any other exception is a difference. */
  private static void check(ObjectNode differs, Cell cell, Check check) {
    try {
      String wrong = check.wrong();
      if (!wrong.equals(Verdict.PASSED)) {
        differs.put(cell.name(), wrong);
      }
    } catch (TfliteException e) {
      throw e;
    } catch (RuntimeException e) {
      differs.put(cell.name(), trace(e));
    }
  }

  private static ObjectNode refused(ObjectNode answer, String what, RuntimeException e) {
    ObjectNode refusals =
        answer.has("refused") ? (ObjectNode) answer.get("refused") : answer.putObject("refused");
    refusals.put(what, e.getMessage());
    return answer;
  }

  private static String trace(Exception e) {
    StringBuilder text = new StringBuilder(e.toString());
    Arrays.stream(e.getStackTrace()).limit(4).forEach(s -> text.append(" < ").append(s));
    return text.toString();
  }

  /** Writes the file, reads it again, and leaves what it must answer beside it. */
  private static String prune(Fixture fixture, KerasModel model) throws IOException {
    WrittenBack back = WrittenBack.of(fixture, model, fixture.directory());
    if (!back.wrong().equals(Verdict.PASSED)) {
      throw new IllegalStateException("read again: " + back.wrong());
    }
    write(fixture.directory().resolve("pruned.bin"), back.outputs());
    return back.file().getFileName().toString();
  }

  private static void write(Path file, List<Tensor> tensors) throws IOException {
    int size = tensors.stream().mapToInt(t -> t.values().length).sum();
    ByteBuffer all = ByteBuffer.allocate(size * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (Tensor t : tensors) {
      for (float v : t.values()) {
        all.putFloat(v);
      }
    }
    Files.write(file, all.array());
  }
}
