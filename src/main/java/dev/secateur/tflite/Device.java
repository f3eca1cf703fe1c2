package dev.secateur.tflite;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Something that runs TFLite files, within bounds: those of {@code devices/devices.json}, which
 * says where its numbers are from.
 *
 * @param flash bytes that a file may have
 * @param ram bytes that activations may take; empty where they are another's
 * @param runtime what computes, for people
 * @param types of the tensors that it takes, in the interpreter's words
 * @param floatOnly operators that it computes in float32 only
 * @param operators that it has
 */
public record Device(
    String name,
    long flash,
    Optional<Long> ram,
    String runtime,
    Set<String> types,
    Set<String> floatOnly,
    Set<String> operators) {
  private static final Map<String, Device> KNOWN = read();

  public Device {
    types = Set.copyOf(types);
    floatOnly = Set.copyOf(floatOnly);
    operators = Set.copyOf(operators);
  }

  public static Optional<Device> named(String name) {
    return Optional.ofNullable(KNOWN.get(name));
  }

  /** Of all that are known, in the file's order. */
  public static List<String> names() {
    return List.copyOf(KNOWN.keySet());
  }

  /**
   * Why it cannot run a file: a sentence for each operator, and for each bound, that stands in the
   * way. None where it can.
   */
  public List<String> misfits(TfliteFootprint file) {
    List<String> misfits = new ArrayList<>();
    Set<String> said = new HashSet<>();
    for (TfliteFootprint.Run run : file.operators()) {
      unable(run)
          .filter(why -> said.add(run.name() + why))
          .ifPresent(why -> misfits.add("%s (%s): %s".formatted(run.name(), run.output(), why)));
    }
    if (file.bytes() > flash) {
      misfits.add(
          text(
              "the file has %,d bytes, of which %s takes %,d; %s has room for %,d",
              file.bytes(), file.largest().name(), file.largest().bytes(), name, flash));
    }
    ram.filter(room -> file.activationBytes() > room)
        .ifPresent(
            room ->
                misfits.add(
                    text(
                        "activations take %,d bytes, most at %s, where %s takes %,d; %s has %,d of"
                            + " RAM",
                        file.activationBytes(),
                        file.peak().operator(),
                        file.peak().tensor().name(),
                        file.peak().tensor().bytes(),
                        name,
                        room)));
    return misfits;
  }

  private Optional<String> unable(TfliteFootprint.Run run) {
    if (!operators.contains(run.name())) {
      return Optional.of(runtime + " has no such operator");
    }
    for (String type : run.dtypes()) {
      if (!types.contains(type)) {
        return Optional.of(runtime + " does not compute with " + type);
      }
    }
    if (floatOnly.contains(run.name()) && !run.dtypes().get(0).equals("float32")) {
      return Optional.of(runtime + " computes it in float32 only");
    }
    return run.hybrid()
        ? Optional.of(runtime + " does not compute float32 with kernels of int8")
        : Optional.empty();
  }

  private static String text(String sentence, Object... values) {
    return String.format(Locale.ROOT, sentence, values);
  }

  private static Map<String, Device> read() {
    try (InputStream in = Device.class.getResourceAsStream("/devices/devices.json")) {
      JsonNode json = new ObjectMapper().readTree(in);
      Map<String, Device> devices = new LinkedHashMap<>();
      for (JsonNode device : json.get("devices")) {
        JsonNode runtime = runtime(json, device.get("runtime").asText());
        String name = device.get("name").asText();
        devices.put(
            name,
            new Device(
                name,
                device.get("flash").asLong(),
                device.has("ram") ? Optional.of(device.get("ram").asLong()) : Optional.empty(),
                runtime.get("name").asText(),
                texts(runtime.get("types")),
                texts(runtime.path("floatOnly")),
                texts(runtime.get("operators"))));
      }
      return devices;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode runtime(JsonNode json, String name) {
    for (JsonNode runtime : json.get("runtimes")) {
      if (runtime.get("name").asText().equals(name)) {
        return runtime;
      }
    }
    throw new IllegalStateException("devices.json has no runtime " + name);
  }

  private static Set<String> texts(JsonNode array) {
    Set<String> texts = new HashSet<>();
    array.forEach(t -> texts.add(t.asText()));
    return texts;
  }
}
