package dev.secateur.cli;

import dev.secateur.result.Engine;
import picocli.CommandLine.IVersionProvider;

final class VersionProvider implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"secateur " + Engine.VERSION};
  }
}
