/**
 * Compares every layer and option with Keras: the fixtures that {@code fixtures/generate.py} makes
 * are read, predicted, differentiated and compiled, and the results become {@code docs/models.md}.
 */
package dev.secateur.golden;
