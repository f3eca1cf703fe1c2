/** The commands. */
package dev.secateur.cli;
