/** A job's result as JSON and as one self-contained HTML page. */
package dev.secateur.report;
