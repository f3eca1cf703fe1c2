/**
 * A real Kafka broker and a real S3 server without Docker, worker processes against them, and the
 * demo that shows them at work. On the class path of tests and of the demo only.
 */
package dev.secateur.demo;
