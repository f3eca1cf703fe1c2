package dev.secateur.search;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.util.List;

/** Trials as JSON, for whoever goes on with a search. */
public final class TrialsJson {
  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .registerModule(new Jdk8Module())
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private TrialsJson() {}

  public static byte[] write(List<Trial> trials) {
    try {
      return MAPPER.writeValueAsBytes(trials);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("trials are always JSON", e);
    }
  }

  /**
   * Those of a build that knew less, or more, too: what is missing is none, what is not known is
   * left out.
   *
   * @throws IOException if that is not what was written
   */
  public static List<Trial> read(byte[] json) throws IOException {
    return MAPPER.readValue(json, new TypeReference<>() {});
  }
}
