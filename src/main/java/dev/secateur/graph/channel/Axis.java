package dev.secateur.graph.channel;

/**
 * An axis of an input, a weight or a node's value.
 *
 * @param value its name in the graph
 * @param index counted from 0
 */
public record Axis(String value, int index) {}
