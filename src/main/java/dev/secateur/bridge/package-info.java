/**
 * ML platforms: a model version that is tagged in MLflow, or a file that is put into a bucket,
 * becomes a registered event, and what the workers answer goes back to where it was asked.
 *
 * <p>Nothing of a model is opened here; MLflow is spoken to over its REST API (2.0), as its own
 * client does.
 */
package dev.secateur.bridge;
