package dev.secateur.dataset;

import java.nio.file.Path;

/**
 * A set that cannot be read or does not fit the network: which file, where, what, and what helps.
 */
public final class DatasetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Path file;
  private final String place;
  private final String remedy;

  /**
   * @param place an array, an entry, a sample; "" for the file itself
   */
  public DatasetException(Path file, String place, String problem, String remedy) {
    this(file, place, problem, remedy, null);
  }

  public DatasetException(Path file, String place, String problem, String remedy, Throwable cause) {
    super(
        file + (place.isEmpty() ? "" : ": " + place) + ": " + problem + " (" + remedy + ")", cause);
    this.file = file;
    this.place = place;
    this.remedy = remedy;
  }

  public Path file() {
    return file;
  }

  public String place() {
    return place;
  }

  public String remedy() {
    return remedy;
  }
}
