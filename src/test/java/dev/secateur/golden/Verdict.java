package dev.secateur.golden;

import java.util.EnumMap;
import java.util.Map;

/** What became of one fixture: for each cell that applies, empty or what is wrong. */
record Verdict(Fixture fixture, Map<Cell, String> cells) {
  static final String PASSED = "";

  Verdict {
    cells = new EnumMap<>(cells);
  }

  boolean passed(Cell cell) {
    return PASSED.equals(cells.get(cell));
  }
}
