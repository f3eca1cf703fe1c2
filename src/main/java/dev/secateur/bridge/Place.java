package dev.secateur.bridge;

import dev.secateur.store.ObjectUri;
import java.util.Optional;

/** Where artifacts of MLflow's are: a file, or a directory. */
sealed interface Place {
  /** In the object store, where workers can read them. */
  record Stored(ObjectUri uri) implements Place {}

  /**
   * Behind MLflow, which alone can read them.
   *
   * @param path below {@code mlflow-artifacts:/}
   */
  record Proxied(String path) implements Place {}

  /** Scheme of what MLflow serves itself. */
  String PROXIED = "mlflow-artifacts:";

  /**
   * @param address {@code s3://…} or {@code mlflow-artifacts:/…}, with or without MLflow's own host
   * @param proxied where {@code mlflow-artifacts:/} lies, if that is in the store
   */
  static Place of(String what, String address, Optional<ObjectUri> proxied) throws Refusal {
    if (address.startsWith(PROXIED)) {
      String path = address.substring(PROXIED.length()).replaceFirst("^//[^/]*", "");
      path = path.replaceFirst("^/(api/2\\.0/mlflow-artifacts/artifacts/)?", "");
      AllowedPrefixes.requireStraight(what, path);
      String below = path;
      return proxied
          .<Place>map(root -> new Stored(root.resolve(below)))
          .orElseGet(() -> new Proxied(below));
    }
    try {
      return new Stored(ObjectUri.of(address.replaceFirst("^s3[an]://", "s3://")));
    } catch (IllegalArgumentException e) {
      throw new Refusal(
          what
              + ": "
              + address
              + ": can be read neither from the object store (s3://…) nor through MLflow"
              + " (mlflow-artifacts:/…)",
          e);
    }
  }
}
