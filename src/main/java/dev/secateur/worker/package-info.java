/**
 * The service: Kafka in and out, claims and attempts, draining, health and metrics. The only room
 * that knows Quarkus.
 */
package dev.secateur.worker;
