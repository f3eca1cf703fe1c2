package dev.secateur.keras.file;

import static org.bytedeco.hdf5.global.hdf5.*;

import dev.secateur.graph.Shape;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * Writes HDF5 with the C library, as h5py does: texts of variable length, which may be larger than
 * the 64 KB of an object header, and no times, so that equal content gives equal bytes.
 *
 * <p>The library is built without thread safety, and its tables are the whole process': one file is
 * written at a time, from opening to closing, on one thread.
 */
public final class Hdf5Writer implements AutoCloseable {
  private static final long DEFAULT = 0;

  /** Texts in one attribute: each takes 16 bytes of an object header's 64 KB. */
  private static final int MOST_TEXTS = 3000;

  private static final ReentrantLock ALONE = new ReentrantLock();

  private final long file;
  private final long text;
  private final long floats;
  private final long links;
  private final long datasets;
  private final long groups;

  public Hdf5Writer(Path path) {
    ALONE.lock();
    try {
      H5open();
      H5Eset_auto2(DEFAULT, null, null); // errors come as exceptions, not on the standard error
      file = checked(H5Fcreate(path.toString(), H5F_ACC_TRUNC, DEFAULT, DEFAULT), path.toString());
      text = checked(H5Tcopy(H5T_C_S1_g()), "text");
      checked(H5Tset_size(text, H5T_VARIABLE), "text");
      checked(H5Tset_cset(text, H5T_CSET_UTF8), "text");
      floats = H5T_IEEE_F32LE_g();
      links = checked(H5Pcreate(H5P_CLS_LINK_CREATE_ID_g()), "links");
      checked(H5Pset_create_intermediate_group(links, 1), "links");
      checked(H5Pset_char_encoding(links, H5T_CSET_UTF8), "links");
      datasets = checked(H5Pcreate(H5P_CLS_DATASET_CREATE_ID_g()), "datasets");
      checked(H5Pset_obj_track_times(datasets, false), "datasets");
      groups = checked(H5Pcreate(H5P_CLS_GROUP_CREATE_ID_g()), "groups");
      checked(H5Pset_obj_track_times(groups, false), "groups");
    } catch (RuntimeException | LinkageError e) {
      ALONE.unlock();
      throw e;
    }
  }

  private static long checked(long result, String what) {
    if (result < 0) {
      throw new IllegalStateException("HDF5 could not write " + what);
    }
    return result;
  }

  /** Creates a group, and those above it. */
  public void group(String path) {
    checked(H5Gclose(checked(H5Gcreate2(file, path, links, groups, DEFAULT), path)), path);
  }

  public void dataset(String path, Shape shape, float[] values) {
    long space = space(shape);
    long dataset = checked(H5Dcreate2(file, path, floats, space, links, datasets, DEFAULT), path);
    if (values.length > 0) {
      try (FloatPointer pointer = new FloatPointer(values)) {
        checked(H5Dwrite(dataset, H5T_NATIVE_FLOAT_g(), DEFAULT, DEFAULT, DEFAULT, pointer), path);
      }
    }
    checked(H5Dclose(dataset), path);
    H5Sclose(space);
  }

  private static long space(Shape shape) {
    if (shape.rank() == 0) {
      return checked(H5Screate(H5S_SCALAR), "scalar");
    }
    return checked(H5Screate_simple(shape.rank(), shape.toLongArray(), null), "shape " + shape);
  }

  /** A text attribute of a group. */
  public void attribute(String path, String name, String value) {
    write(path, name, Shape.of(), List.of(value));
  }

  /** A list of texts; one too long for an attribute is split as Keras does. */
  public void attribute(String path, String name, List<String> values) {
    if (values.size() <= MOST_TEXTS) {
      write(path, name, Shape.of(values.size()), values);
      return;
    }
    for (int i = 0; i * MOST_TEXTS < values.size(); i++) {
      int end = Math.min(values.size(), (i + 1) * MOST_TEXTS);
      List<String> part = values.subList(i * MOST_TEXTS, end);
      write(path, name + i, Shape.of(part.size()), part);
    }
  }

  private void write(String path, String name, Shape shape, List<String> values) {
    long space = space(shape);
    long object = checked(H5Oopen(file, path, DEFAULT), path);
    long attribute =
        checked(H5Acreate2(object, name, text, space, DEFAULT, DEFAULT), path + "@" + name);
    if (!values.isEmpty()) {
      BytePointer[] texts = new BytePointer[values.size()];
      for (int i = 0; i < texts.length; i++) {
        texts[i] = new BytePointer(values.get(i), StandardCharsets.UTF_8);
      }
      try (PointerPointer<BytePointer> pointers = new PointerPointer<>(texts)) {
        checked(H5Awrite(attribute, text, pointers), path + "@" + name);
      }
      for (BytePointer pointer : texts) {
        pointer.close();
      }
    }
    H5Aclose(attribute);
    H5Oclose(object);
    H5Sclose(space);
  }

  @Override
  public void close() {
    try {
      H5Tclose(text);
      H5Pclose(links);
      H5Pclose(datasets);
      H5Pclose(groups);
      checked(H5Fclose(file), "the file's end");
    } finally {
      ALONE.unlock();
    }
  }
}
