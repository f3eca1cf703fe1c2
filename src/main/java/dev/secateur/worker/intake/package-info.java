/** Takes records in: each ends as an order, an answer or a dead letter. No job is known here. */
package dev.secateur.worker.intake;
