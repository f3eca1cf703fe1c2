/**
 * From the trials of a search so far, the next ones; and at its end, the best and the front. Pure:
 * equal trials, equal decisions, whoever ran them and wherever.
 */
package dev.secateur.search;
