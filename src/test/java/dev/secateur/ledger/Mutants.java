package dev.secateur.ledger;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.secateur.event.EventJson;
import dev.secateur.store.Created;
import dev.secateur.store.StoreException;
import dev.secateur.store.StoreException.Kind;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** Ledgers in which one rule each was taken out: the promises must notice every one. */
enum Mutants {
  A_RESULT_OVERWRITES_ANOTHER(overwriting(Keys.RESULTS)),
  AN_ORDER_IS_RESOLVED_ANEW_AT_EACH_DELIVERY(overwriting(Keys.ORDERS)),
  A_CLAIM_OVERWRITES_ANOTHER(overwriting(Keys.CLAIMS)),

  A_RESULT_DOES_NOT_SAY_ITS_EPOCH(
      new Mutant() {
        @Override
        Node node(World world, String name, String engine, Duration offset) {
          return new Node(world, name, engine, offset, this) {
            @Override
            long epochOf(Result result, Tenure tenure) {
              return tenure.epoch();
            }
          };
        }
      }),

  A_CLAIM_IS_TAKEN_A_SECOND_EARLY(
      new Mutant() {
        @Override
        Expiry expiry() {
          return new Expiry() {
            @Override
            Duration left(Duration lease, Duration stall, Duration silent, Duration still) {
              return super.left(lease, stall, silent, still).minus(RESOLUTION);
            }
          };
        }
      }),

  A_LEASE_IS_MEASURED_BY_THE_WORKERS_CLOCKS(
      new Mutant() {
        @Override
        LedgerStore store(LedgerStore store, InstantSource clock) {
          return new ForwardingStore(store) {
            @Override
            public Optional<Entry> get(String key) {
              Optional<Entry> entry = super.get(key);
              if (!key.startsWith(Keys.CLAIMS)) {
                return entry;
              }
              return entry.map(e -> new Entry(e.content(), age(e)));
            }

            private Duration age(Entry entry) {
              try {
                String at = EventJson.parse(entry.content()).path("at").asText();
                return Duration.between(Instant.parse(at), clock.instant());
              } catch (IOException | java.time.DateTimeException e) {
                return entry.age();
              }
            }
          };
        }
      }),

  A_STALLED_JOB_IS_LEFT_ALONE(
      new Mutant() {
        @Override
        LedgerStore store(LedgerStore store, InstantSource clock) {
          // Holders go by their own claim: neither they nor others see an end.
          return new ForwardingStore(store) {
            @Override
            public void put(String key, byte[] content) {
              super.put(key, key.endsWith(Keys.HEART) ? moving(content) : content);
            }
          };
        }

        @Override
        Node node(World world, String name, String engine, Duration offset) {
          return new Node(world, name, engine, offset, this) {
            @Override
            Duration still(long millis) {
              return Duration.ZERO;
            }
          };
        }
      }),

  A_RECORD_IS_ACKNOWLEDGED_BEFORE_ITS_ORDER_IS_DURABLE(
      new Mutant() {
        @Override
        Node node(World world, String name, String engine, Duration offset) {
          return new Node(world, name, engine, offset, this) {
            @Override
            void register(Order order) {
              try {
                super.register(order);
              } catch (StoreException e) {
                world.note(name + " takes no notice of " + e.getMessage());
              }
            }
          };
        }
      }),

  WHAT_WAS_WRITTEN_IS_TRUSTED(
      new Mutant() {
        @Override
        LedgerStore store(LedgerStore store, InstantSource clock) {
          return new ForwardingStore(store) {
            @Override
            public Created create(String key, byte[] content) {
              return super.create(key, content) == Created.NO ? Created.NO : Created.INTACT;
            }
          };
        }
      }),

  AN_ORDER_LEAVES_WHEN_IT_IS_SETTLED(
      new Mutant() {
        @Override
        LedgerStore store(LedgerStore store, InstantSource clock) {
          return new ForwardingStore(store) {
            @Override
            public Created create(String key, byte[] content) {
              Created created = super.create(key, content);
              if (created.isDone() && key.startsWith(Keys.RESULTS)) {
                String id = key.substring(Keys.RESULTS.length()).split("~")[0];
                for (Listed pending : super.list(Keys.PENDING, "", 1000)) {
                  if (pending.name().endsWith(id)) {
                    super.delete(Keys.PENDING + pending.name());
                  }
                }
              }
              return created;
            }
          };
        }
      }),

  ATTEMPTS_COUNT_IN_SPITE_OF_PROGRESS(
      counting(
          new Attempts() {
            @Override
            int next(int before, long best, long kept, boolean givenBack) {
              return givenBack ? before : before + 1;
            }
          })),

  ATTEMPTS_DO_NOT_COUNT(
      counting(
          new Attempts() {
            @Override
            int next(int before, long best, long kept, boolean givenBack) {
              return 1;
            }
          })),

  WHAT_IS_GIVEN_BACK_COUNTS(
      counting(
          new Attempts() {
            @Override
            int next(int before, long best, long kept, boolean givenBack) {
              return super.next(before, best, kept, false);
            }
          })),

  A_DAMAGED_OBJECT_IS_WAITED_FOR(
      new Mutant() {
        @Override
        LedgerStore store(LedgerStore store, InstantSource clock) {
          return new ForwardingStore(store) {
            @Override
            public Optional<Entry> get(String key) {
              Optional<Entry> entry = super.get(key);
              if (key.startsWith(Keys.RESULTS)
                  && entry.filter(e -> !Node.isJson(e.content())).isPresent()) {
                throw new StoreException(Kind.UNAVAILABLE, key + ": is damaged");
              }
              return entry;
            }
          };
        }
      }),

  WHAT_IS_GIVEN_BACK_WAITS_FOR_ITS_LEASE(
      new Mutant() {
        @Override
        LedgerStore store(LedgerStore store, InstantSource clock) {
          return new ForwardingStore(store) {
            @Override
            public List<Listed> list(String prefix, String after, int most) {
              return super.list(prefix, after, most).stream()
                  .filter(listed -> !listed.name().endsWith(Keys.RELEASED))
                  .toList();
            }
          };
        }
      }),

  ANOTHER_ENGINE_IS_WAITED_FOR_FOR_EVER(
      new Mutant() {
        @Override
        EngineTurn turn() {
          return new EngineTurn() {
            @Override
            Duration wait(String mine, String begunBy, long kept, Duration lease) {
              return mine.equals(begunBy) ? Duration.ZERO : Duration.ofDays(1);
            }
          };
        }
      }),

  AN_ENGINE_GOES_ON_FROM_ANOTHERS_CHECKPOINT(
      new Mutant() {
        @Override
        Node node(World world, String name, String engine, Duration offset) {
          return new Node(world, name, engine, offset, this) {
            @Override
            Checkpoint resume(String id) {
              Checkpoint one = furthest(id, "v1");
              Checkpoint other = furthest(id, "v2");
              return one.step() > other.step() ? one : other;
            }
          };
        }
      }),

  A_MANIFEST_IS_WRITTEN_BEFORE_ITS_DATA_AND_BELIEVED(
      new Mutant() {
        @Override
        Node node(World world, String name, String engine, Duration offset) {
          return new Node(world, name, engine, offset, this) {
            @Override
            boolean hasData(String manifest) {
              return true;
            }

            @Override
            void keep(Tenure tenure, long step) {
              keepManifest(tenure, step);
              keepData(tenure, step);
            }
          };
        }
      });

  final Mutant mutant;

  Mutants(Mutant mutant) {
    this.mutant = mutant;
  }

  private static byte[] moving(byte[] heart) {
    try {
      if (EventJson.parse(heart) instanceof ObjectNode json) {
        return EventJson.bytes(json.put("still", Duration.ZERO.toString()));
      }
      return heart;
    } catch (IOException e) {
      return heart;
    }
  }

  private static Mutant counting(Attempts attempts) {
    return new Mutant() {
      @Override
      Attempts attempts() {
        return attempts;
      }
    };
  }

  private static Mutant overwriting(String prefix) {
    return new Mutant() {
      @Override
      LedgerStore store(LedgerStore store, InstantSource clock) {
        return new ForwardingStore(store) {
          @Override
          public Created create(String key, byte[] content) {
            if (!key.startsWith(prefix)) {
              return super.create(key, content);
            }
            super.put(key, content);
            return Created.INTACT;
          }
        };
      }
    };
  }
}
