/**
 * What came of a job, as data: the variants with their measures, the verdict, or the reason why it
 * could not run; and its JSON, {@code schemas/report.v1.json}.
 */
package dev.secateur.result;
