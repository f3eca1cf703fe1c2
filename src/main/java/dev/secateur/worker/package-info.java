/**
 * The service: Kafka in and out, claims and attempts, draining, health and metrics. Beside the
 * bridge the only room that knows Quarkus.
 */
package dev.secateur.worker;
