/**
 * A compression job: a {@link dev.secateur.plan.Plan}, the files that it is done to ({@link
 * dev.secateur.job.Job}), and the {@link dev.secateur.job.Chain} of steps that turns them into a
 * {@link dev.secateur.result.JobResult} and its artifacts.
 *
 * <p>Every step is checked before the first one runs, and every artifact before it is handed out.
 * Artifacts appear in the output all at once, the manifest last. A job that is stopped leaves a
 * checkpoint, and goes on from it to the same bytes.
 */
package dev.secateur.job;
