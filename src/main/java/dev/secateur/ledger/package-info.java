/**
 * All orders and what became of them, as objects in a store; the rules know a store port ({@link
 * dev.secateur.ledger.LedgerStore}) and a clock, nothing else.
 *
 * <pre>
 * orders/&lt;order&gt;                     create-only: what was asked, resolved. Order = SHA-256 over source and id
 * pending/&lt;9 − priority&gt;/&lt;tenant&gt;/&lt;time&gt;-&lt;order&gt;   empty; from the order until its answer was sent
 * claims/&lt;order&gt;/&lt;epoch&gt;             create-only: holder, lease, engine, attempts. Six digits or more
 * claims/&lt;order&gt;/&lt;epoch&gt;.heart       overwritten by the holder alone: last step, what is kept
 * claims/&lt;order&gt;/&lt;epoch&gt;.released    the holder gave it back
 * results/&lt;order&gt;                    create-only: the answer, and the outbox record
 * jobs/&lt;job key&gt;/&lt;n&gt;                 create-only: the n-th order that was to compute this job for all
 * checkpoints/&lt;order&gt;/&lt;engine&gt;/…     the worker's; read by the engine that wrote them
 * attempts/&lt;order&gt;/&lt;epoch&gt;/…         the worker's: artifacts that no result names yet
 * cancels/&lt;order&gt;                    somebody wants it ended
 * pauses/all, pauses/models/&lt;model&gt;, pauses/tenants/&lt;tenant&gt;
 * turns/&lt;what&gt;-&lt;when&gt;             create-only: somebody does it this time
 * census                             how many wait and run, counted by one for all
 * defects/&lt;topic&gt;-&lt;partition&gt;-&lt;offset&gt;/&lt;n&gt;   create-only: the n-th time that taking a record in failed
 * </pre>
 *
 * <p>Every document is a JSON object with a field {@code format}, now 1. Unknown fields are
 * ignored; a document of a higher format is left to the workers that know it; of one that is no
 * such object the key followed by {@code ~1}, {@code ~2}, … counts, and nothing is overwritten.
 *
 * <p>What it guarantees, on a store that creates atomically and reads what was written: one result
 * an order; a record may be acknowledged when {@link dev.secateur.ledger.Orders#register} has
 * returned; an answer is sent before its order leaves {@code pending/}. Leases are measured by the
 * store's clock; the workers' clocks order what waits, and nothing else.
 */
package dev.secateur.ledger;
