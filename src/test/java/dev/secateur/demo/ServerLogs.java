package dev.secateur.demo;

import java.util.List;
import org.jboss.logmanager.Level;
import org.jboss.logmanager.Logger;

/**
 * Keeps the servers in this process to warnings. Quarkus' log manager, which is on the class path,
 * takes everything down to the finest until an application configures it: each request would spend
 * more time on words that nobody reads than on its answer.
 */
final class ServerLogs {
  private static final List<String> SERVERS =
      List.of("org.apache.kafka", "kafka", "state", "org.gaul", "org.eclipse.jetty");

  /** A logger that nobody refers to may be forgotten, and its level with it. */
  private static final List<Logger> QUIET = SERVERS.stream().map(Logger::getLogger).toList();

  private ServerLogs() {}

  static void quieten() {
    QUIET.forEach(logger -> logger.setLevel(Level.WARN));
  }
}
