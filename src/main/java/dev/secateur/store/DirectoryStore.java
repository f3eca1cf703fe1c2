package dev.secateur.store;

import dev.secateur.store.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * A directory whose subdirectories are the buckets: for one machine, without a server. A file
 * appears complete or not at all; a create-only write is a hard link, which fails where a name is
 * taken.
 */
public final class DirectoryStore implements ObjectStore {
  private static final String TEMPORARY = ".tmp-";

  private final Path root;
  private final AllowedBuckets allowed;

  public DirectoryStore(Path root, AllowedBuckets allowed) {
    this.root = root;
    this.allowed = allowed;
  }

  /** Files have none. */
  @Override
  public Map<String, String> metadata(ObjectUri uri) {
    allowed.requireReadable(uri);
    return Map.of();
  }

  @Override
  public Optional<StoredObject> stat(ObjectUri uri) {
    allowed.requireReadable(uri);
    try {
      return Optional.of(object(uri, path(uri)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw trouble(uri, e);
    }
  }

  @Override
  public String download(
      StoredObject object,
      Optional<String> sha256,
      long maxBytes,
      Path target,
      BooleanSupplier cancelled) {
    allowed.requireReadable(object.uri());
    Downloads.requireSize(object, maxBytes);
    Path part = target.resolveSibling(target.getFileName() + ".part");
    try {
      Files.deleteIfExists(part);
      try (InputStream in = Files.newInputStream(path(object.uri()))) {
        Downloads.append(in, part, object.bytes(), cancelled);
      }
      if (!object(object.uri(), path(object.uri())).etag().equals(object.etag())) {
        throw new StoreException(Kind.CHANGED, object.uri() + ": changed while it was read");
      }
      String digest = Digests.sha256(part);
      Downloads.requireDigest(object.uri(), sha256, digest);
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
      return digest;
    } catch (IOException e) {
      throw trouble(object.uri(), e);
    } finally {
      Downloads.discard(part);
    }
  }

  @Override
  public Optional<Content> get(ObjectUri uri, int maxBytes) {
    allowed.requireReadable(uri);
    try (InputStream in = Files.newInputStream(path(uri))) {
      byte[] bytes = in.readNBytes(maxBytes + 1);
      if (bytes.length > maxBytes) {
        throw new StoreException(
            Kind.TOO_LARGE, uri + ": more than the " + maxBytes + " bytes expected");
      }
      return Optional.of(new Content(bytes, object(uri, path(uri)).age()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw trouble(uri, e);
    }
  }

  @Override
  public void write(ObjectUri uri, byte[] content) {
    place(uri, temporary -> Files.write(temporary, content), true);
  }

  @Override
  public Created create(ObjectUri uri, byte[] content) {
    boolean placed = place(uri, temporary -> Files.write(temporary, content), false);
    return placed ? Created.YES : Created.NO;
  }

  @Override
  public void upload(Path file, ObjectUri uri) {
    place(uri, temporary -> Files.copy(file, temporary), true);
  }

  @Override
  public boolean createFrom(Path file, String sha256, ObjectUri uri) {
    if (place(uri, temporary -> Files.copy(file, temporary), false)) {
      return true;
    }
    try {
      return Digests.sha256(path(uri)).equals(sha256);
    } catch (IOException e) {
      throw trouble(uri, e);
    }
  }

  /** Fills a temporary file. */
  private interface Filling {
    void fill(Path temporary) throws IOException;
  }

  private boolean place(ObjectUri uri, Filling filling, boolean over) {
    allowed.requireWritable(uri);
    Path target = path(uri);
    Path temporary = target.resolveSibling(TEMPORARY + UUID.randomUUID());
    try {
      Files.createDirectories(target.getParent());
      filling.fill(temporary);
      if (over) {
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        return true;
      }
      Files.createLink(target, temporary);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } catch (IOException e) {
      throw trouble(uri, e);
    } finally {
      Downloads.discard(temporary);
    }
  }

  @Override
  public List<StoredObject> list(ObjectUri prefix, String after, int most) {
    allowed.requireReadable(prefix);
    Path bucket = root.resolve(prefix.bucket());
    Path start = path(prefix);
    if (!Files.isDirectory(start)) {
      return List.of();
    }
    List<StoredObject> objects = new ArrayList<>();
    try (Stream<Path> files = Files.walk(start)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (Files.isRegularFile(file) && !file.getFileName().toString().startsWith(TEMPORARY)) {
          ObjectUri uri = new ObjectUri(prefix.bucket(), key(bucket, file));
          if (uri.key().compareTo(prefix.key() + after) > 0) {
            objectIfThere(uri, file).ifPresent(objects::add);
          }
        }
      }
    } catch (IOException e) {
      throw trouble(prefix, e);
    } catch (UncheckedIOException e) {
      throw trouble(prefix, e.getCause());
    }
    objects.sort(Comparator.comparing(o -> o.uri().key()));
    return objects.subList(0, Math.min(most, objects.size()));
  }

  /** Empty: removed since it was listed. */
  private static Optional<StoredObject> objectIfThere(ObjectUri uri, Path file) throws IOException {
    try {
      return Optional.of(object(uri, file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  @Override
  public List<String> names(ObjectUri prefix, String after, int most) {
    allowed.requireReadable(prefix);
    if (!Files.isDirectory(path(prefix))) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(path(prefix))) {
      return files
          .filter(file -> !file.getFileName().toString().startsWith(TEMPORARY))
          .map(file -> file.getFileName() + (Files.isDirectory(file) ? "/" : ""))
          .filter(name -> name.compareTo(after) > 0)
          .sorted()
          .limit(most)
          .toList();
    } catch (IOException e) {
      throw trouble(prefix, e);
    } catch (UncheckedIOException e) {
      throw trouble(prefix, e.getCause());
    }
  }

  @Override
  public void delete(ObjectUri uri) {
    allowed.requireWritable(uri);
    try {
      Files.deleteIfExists(path(uri));
    } catch (IOException e) {
      throw trouble(uri, e);
    }
  }

  @Override
  public void requireWritable(ObjectUri prefix) {
    allowed.requireWritable(prefix);
  }

  @Override
  public void ping(String bucket) {
    if (!Files.isDirectory(root.resolve(bucket))) {
      throw new StoreException(Kind.NOT_FOUND, "bucket " + bucket + ": does not exist");
    }
  }

  @Override
  public void close() {}

  private static StoredObject object(ObjectUri uri, Path file) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    Instant modified = attributes.lastModifiedTime().toInstant();
    return new StoredObject(
        uri,
        attributes.size(),
        attributes.size() + "-" + modified.toEpochMilli() + "-" + modified.getNano(),
        Duration.between(modified, Instant.now()));
  }

  private Path path(ObjectUri uri) {
    if (uri.version().isPresent()) {
      throw new StoreException(Kind.NOT_FOUND, uri + ": a directory keeps no versions");
    }
    Path bucket = root.resolve(uri.bucket()).normalize();
    Path path = bucket.resolve(uri.key()).normalize();
    if (!path.startsWith(bucket)) {
      throw new StoreException(Kind.FORBIDDEN, uri + ": leads out of its bucket");
    }
    return path;
  }

  private static String key(Path bucket, Path file) {
    return bucket.relativize(file).toString().replace('\\', '/');
  }

  private static StoreException trouble(ObjectUri uri, IOException e) {
    Kind kind =
        e instanceof NoSuchFileException
            ? Kind.NOT_FOUND
            : e instanceof AccessDeniedException ? Kind.FORBIDDEN : Kind.FULL;
    return new StoreException(kind, uri + ": " + e.getMessage(), e);
  }
}
