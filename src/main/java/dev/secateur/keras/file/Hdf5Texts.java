package dev.secateur.keras.file;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The texts of a file's attributes, which have no room in their headers: collections of the global
 * heap (HDF5 File Format Specification 3.0, III.E).
 */
final class Hdf5Texts {
  /** No collection may be smaller. A next one is begun behind that, so that none gets long. */
  private static final int LEAST = 4096;

  private static final int COLLECTION_HEADER = 16;

  /** Where a text will be found: in which collection, and as its how manieth object, from 1. */
  record Place(int length, int collection, int index) {}

  private final List<LittleEndian> collections = new ArrayList<>();
  private int index;

  Place add(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (collections.isEmpty() || last().size() >= LEAST - COLLECTION_HEADER) {
      collections.add(new LittleEndian());
      index = 0;
    }
    last().u16(++index).u16(0).u32(0).u64(bytes.length).bytes(bytes).aligned();
    return new Place(bytes.length, collections.size() - 1, index);
  }

  private LittleEndian last() {
    return collections.get(collections.size() - 1);
  }

  /**
   * @return the addresses of the collections
   */
  long[] write(Hdf5Blocks blocks) throws IOException {
    long[] addresses = new long[collections.size()];
    for (int i = 0; i < addresses.length; i++) {
      addresses[i] = blocks.append(collection(collections.get(i).toBytes()));
    }
    return addresses;
  }

  private static byte[] collection(byte[] objects) {
    int size = Math.max(LEAST, COLLECTION_HEADER + objects.length);
    LittleEndian collection =
        new LittleEndian().ascii("GCOL").u8(1).zeros(3).u64(size).bytes(objects);
    int free = size - collection.size();
    if (free >= COLLECTION_HEADER) { // room for an object's header: the object 0 is what is free
      collection.zeros(8).u64(free);
    }
    return collection.zeros(size - collection.size()).toBytes();
  }

  /** What stands in an attribute for texts. */
  static byte[] references(List<Place> places, long[] addresses) {
    LittleEndian references = new LittleEndian();
    for (Place place : places) {
      references.u32(place.length()).u64(addresses[place.collection()]).u32(place.index());
    }
    return references.toBytes();
  }
}
