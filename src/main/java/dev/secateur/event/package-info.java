/**
 * The wire contract: CloudEvents 1.0 on Kafka, the JSON Schemas of their data, and records for what
 * the worker reads. Unknown fields are ignored; a break is a new type.
 */
package dev.secateur.event;
