/**
 * The commands. Each reads its options, calls the engine, and ends with an {@link
 * dev.secateur.cli.ExitCode}: the engine's exceptions become one line for the user, never a stack
 * trace.
 */
package dev.secateur.cli;
