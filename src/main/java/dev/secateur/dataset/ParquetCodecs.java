package dev.secateur.dataset;

import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.xerial.snappy.Snappy;

/**
 * Inflates the pages of Parquet files: snappy, zstd and gzip. What a page says of its size is
 * checked against the bound of a sample and takes no memory before there are bytes for it.
 */
final class ParquetCodecs implements CompressionCodecFactory {
  /** Pages hold at least one value, and a value is no larger than this. */
  private static final long MAX_PAGE_BYTES = Datasets.MAX_SAMPLE_BYTES + (16 << 20);

  /** Snappy writes at most 64 bytes with three. */
  private static final int SNAPPY_FACTOR = 64 / 2;

  private interface Codec {
    byte[] inflate(byte[] page, int size) throws IOException;
  }

  private record Inflater(Codec codec) implements BytesInputDecompressor {
    @Override
    public BytesInput decompress(BytesInput page, int size) throws IOException {
      return BytesInput.from(checked(page.toByteArray(), size));
    }

    @Override
    public void decompress(ByteBuffer in, int inSize, ByteBuffer out, int size) throws IOException {
      byte[] page = new byte[inSize];
      in.get(page);
      out.put(checked(page, size));
    }

    private byte[] checked(byte[] page, int size) throws IOException {
      if (size < 0 || size > MAX_PAGE_BYTES) {
        throw new IOException("a page says that it inflates to " + size + " bytes");
      }
      byte[] inflated = codec.inflate(page, size);
      if (inflated.length != size) {
        throw new IOException("a page inflates to " + inflated.length + " bytes, not " + size);
      }
      return inflated;
    }

    @Override
    public void release() {}
  }

  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName name) {
    return switch (name) {
      case UNCOMPRESSED -> new Inflater((page, size) -> page);
      case SNAPPY -> new Inflater(ParquetCodecs::snappy);
      case GZIP -> new Inflater((page, size) -> read(new GZIPInputStream(stream(page)), size));
      case ZSTD -> new Inflater((page, size) -> read(new ZstdInputStream(stream(page)), size));
      default ->
          throw new IllegalArgumentException(
              "pages in " + name + " are not read: write it with snappy, zstd or gzip");
    };
  }

  private static InputStream stream(byte[] page) {
    return new ByteArrayInputStream(page);
  }

  private static byte[] snappy(byte[] page, int size) throws IOException {
    int said = Snappy.uncompressedLength(page);
    if (said != size || said / SNAPPY_FACTOR > page.length) {
      throw new IOException("a page inflates to " + said + " bytes, not " + size);
    }
    return Snappy.uncompress(page);
  }

  /** One byte more than it should be tells what is too long. */
  private static byte[] read(InputStream in, int size) throws IOException {
    try (in) {
      return in.readNBytes(size + 1);
    }
  }

  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName name) {
    throw new UnsupportedOperationException("files are read only");
  }

  @Override
  public void release() {}
}
