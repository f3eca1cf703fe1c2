package dev.secateur.worker;

import dev.secateur.job.Job;
import dev.secateur.job.JobCheckpoints;
import dev.secateur.job.JobListener;
import dev.secateur.job.ReportWriter;
import dev.secateur.result.JobResult;
import java.util.function.BooleanSupplier;

/** {@link dev.secateur.job.Chain#run}, so that a test can put something quicker in its place. */
@FunctionalInterface
interface ChainRunner {
  JobResult run(
      Job job,
      ReportWriter reports,
      JobCheckpoints checkpoints,
      JobListener listener,
      BooleanSupplier cancelled);
}
