package dev.secateur.search;

import java.util.List;

/**
 * Trials that are decided on together, and may run at once.
 *
 * @param number from 1
 * @param first the number of the first trial of {@code points}
 * @param points that are still to be tried; none: the search has ended
 */
public record Round(int number, int first, List<Point> points) {
  public Round {
    points = List.copyOf(points);
  }
}
