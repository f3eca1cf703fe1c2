/**
 * The service, in three rooms: {@code intake} takes records in, {@code run} works at orders, and
 * {@code health} starts the two, watches them and their surroundings, and drains them. Intake and
 * execution do not know each other. What they share is here: the settings, an order's job in words
 * of the ledger and of the wire, answers, meters, what the worker is doing and whether it is sound.
 *
 * <p>Beside the bridge the only room that knows Quarkus.
 */
package dev.secateur.worker;
