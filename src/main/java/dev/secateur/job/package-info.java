/**
 * A compression job: a {@link dev.secateur.plan.Plan}, the files that it is done to ({@link
 * dev.secateur.job.Job}), and the {@link dev.secateur.job.Chain} of stages that turns them into a
 * {@link dev.secateur.result.JobResult} and its artifacts.
 */
package dev.secateur.job;
