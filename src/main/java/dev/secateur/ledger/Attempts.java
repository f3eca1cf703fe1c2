package dev.secateur.ledger;

/**
 * Attempts count since a checkpoint last went further than any before: a job that dies and yet gets
 * on is to be finished, one that dies at the same place is to be given up. What was given back
 * counts nothing. Not final for the tests that take a rule out.
 */
class Attempts {
  /**
   * Of the claim that follows.
   *
   * @param before attempts of the claim that ended
   * @param best the furthest that was kept before it
   * @param kept the furthest that it kept
   * @param givenBack by its holder, which was alive
   */
  int next(int before, long best, long kept, boolean givenBack) {
    if (kept > best) {
      return 1;
    }
    return givenBack ? before : before + 1;
  }
}
