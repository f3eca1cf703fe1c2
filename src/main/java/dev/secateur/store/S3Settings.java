package dev.secateur.store;

import io.minio.credentials.Provider;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How an S3-compatible server is reached.
 *
 * @param pathStyle {@code http://host/bucket/key} rather than {@code http://bucket.host/key}
 * @param credentials empty: anonymous
 * @param authorities PEM file of the authorities to trust; empty: the platform's
 * @param readTimeout longest silence within a request
 * @param retries repetitions of a request that failed for a passing reason
 */
public record S3Settings(
    URI endpoint,
    String region,
    boolean pathStyle,
    Optional<Provider> credentials,
    Optional<Path> authorities,
    Duration connectTimeout,
    Duration readTimeout,
    int retries) {}
