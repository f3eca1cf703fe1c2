package dev.secateur.worker;

import dev.secateur.store.ObjectStore;
import dev.secateur.store.StoreListener;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/**
 * The store of a process that is no worker, by the worker's own settings; opened when it is asked
 * for. A worker opens its own, whose requests it counts.
 */
@ApplicationScoped
final class SharedStore {
  @Inject WorkerConfiguration configuration;

  @Produces
  @Singleton
  ObjectStore open() {
    return Stores.open(configuration.store(), StoreListener.NONE);
  }
}
