package dev.secateur.tflite;

/**
 * What a compiled model says about its origin.
 *
 * @param engineVersion version of Secateur
 * @param planDigest SHA-256 of the canonical plan, lower-case hexadecimal; empty without a plan
 */
public record ModelMetadata(String engineVersion, String planDigest) {}
