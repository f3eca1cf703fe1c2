/**
 * A job's result for machines ({@code report.json}, with its JSON Schema among the resources) and
 * for people ({@code report.html}: one file that opens offline).
 */
package dev.secateur.report;
