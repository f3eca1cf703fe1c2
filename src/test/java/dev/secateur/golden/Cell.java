package dev.secateur.golden;

/** A column of the table of models. */
enum Cell {
  READ("read"),
  PREDICT("train"),
  GRADIENT("gradient"),
  FLOAT("float"),
  INT8("INT8");

  private final String title;

  Cell(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }
}
