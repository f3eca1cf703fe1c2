package dev.secateur.report;

import dev.secateur.job.JobResult;

final class ReportHtml {
  private ReportHtml() {}

  static String of(JobResult result) {
    return "<pre>" + ReportJson.text(result) + "</pre>";
  }
}
