/**
 * What a platform engineer installs, tried on the real thing: the chart on a Kubernetes API server,
 * the rules and dashboards on a Prometheus that scrapes a worker, the image under a container
 * runtime. {@code .ci/tools} installs what these tests need; each reports that it was skipped where
 * that is missing.
 */
package dev.secateur.deploy;
