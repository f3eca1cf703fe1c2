package dev.secateur.store;

import java.time.Duration;

/**
 * What a store says about an object.
 *
 * @param etag the store's word for these very bytes
 * @param age since it was last written, by the store's own clock
 */
public record StoredObject(ObjectUri uri, long bytes, String etag, Duration age) {}
