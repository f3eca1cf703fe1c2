/**
 * A compression job: what to do ({@link dev.secateur.job.Plan}), to which files ({@link
 * dev.secateur.job.Job}), the {@link dev.secateur.job.Chain} of stages that does it, and what came
 * of it ({@link dev.secateur.job.JobResult}).
 */
package dev.secateur.job;
