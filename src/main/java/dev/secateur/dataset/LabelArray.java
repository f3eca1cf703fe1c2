package dev.secateur.dataset;

import java.nio.file.Path;

/** Class labels out of an array of integers (N) or (N,1), or of one-hot rows (N,classes). */
record LabelArray(Path file, String name) {
  int[] read(Records array, int samples) {
    if (array.count() != samples) {
      throw new DatasetException(
          file,
          name,
          "holds " + array.count() + " labels for " + samples + " samples",
          "there must be one for each");
    }
    int[] labels = new int[samples];
    for (int i = 0; i < samples; i++) {
      double[] row = array.values(i);
      labels[i] = row.length == 1 ? whole(row[0], i) : hot(row, i);
    }
    return labels;
  }

  private int whole(double value, int sample) {
    if (value != Math.rint(value) || value < 0 || value > Integer.MAX_VALUE) {
      throw wrong(sample, "has the label " + value, "labels are whole numbers from 0");
    }
    return (int) value;
  }

  private int hot(double[] row, int sample) {
    int hot = -1;
    for (int i = 0; i < row.length; i++) {
      if (row[i] == 1 && hot < 0) {
        hot = i;
      } else if (row[i] != 0) {
        throw wrong(sample, "is not one-hot", "each row needs a single 1 among zeros");
      }
    }
    if (hot < 0) {
      throw wrong(sample, "is all zero", "each row needs a single 1 among zeros");
    }
    return hot;
  }

  private DatasetException wrong(int sample, String problem, String remedy) {
    return new DatasetException(file, name, "sample " + sample + " " + problem, remedy);
  }
}
