/** Files that were built to harm or are not models: each ends in a typed error, soon and small. */
package dev.secateur.abuse;
