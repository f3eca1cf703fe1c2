package dev.secateur.dataset;

import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.tensorflow.proto.Example;
import org.tensorflow.proto.Feature;

/** Record files of {@code tf.train.Example}. */
record ExampleRows(Path path) implements RowFile {
  @Override
  public Declared declared() {
    return Declared.NOTHING;
  }

  @Override
  public void each(Allowance allowance, Reader reader) {
    new TfRecords(path).each((place, data) -> reader.read(place, () -> fields(place, data.get())));
  }

  private Map<String, Field> fields(String place, byte[] data) {
    try {
      Map<String, Field> fields = new HashMap<>();
      Example.parseFrom(data)
          .getFeatures()
          .getFeatureMap()
          .forEach((name, feature) -> fields.put(name, field(feature)));
      return fields;
    } catch (InvalidProtocolBufferException e) {
      throw new DatasetException(path, place, "is no tf.train.Example", RowSet.REMEDY, e);
    }
  }

  private static Field field(Feature feature) {
    return switch (feature.getKindCase()) {
      case BYTES_LIST -> new Field.Bytes(feature.getBytesList().getValueList());
      case FLOAT_LIST ->
          new Field.Numbers(
              feature.getFloatList().getValueList().stream()
                  .mapToDouble(Float::doubleValue)
                  .toArray());
      case INT64_LIST ->
          new Field.Numbers(
              feature.getInt64List().getValueList().stream()
                  .mapToDouble(Long::doubleValue)
                  .toArray());
      case KIND_NOT_SET -> new Field.Nothing();
    };
  }
}
