/**
 * Canonicalisation: rewrites of a {@link dev.secateur.graph.Graph} that keep what it computes at
 * inference. Each {@link dev.secateur.graph.pass.Pass} is one file; {@link
 * dev.secateur.graph.pass.Passes} is their order.
 */
package dev.secateur.graph.pass;
