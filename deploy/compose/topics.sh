#!/bin/bash
# Creates the four topics, where they do not exist. The partitions of the first are the most workers that can share the work.
set -euo pipefail
create() {
  local topic=$1 partitions=$2
  shift 2
  /opt/kafka/bin/kafka-topics.sh --bootstrap-server "$BOOTSTRAP" --create --if-not-exists \
    --topic "$topic" --partitions "$partitions" --replication-factor 1 "$@"
}
week=604800000
create "$REGISTERED" "$PARTITIONS" --config "retention.ms=$week"
create "$PROGRESS" "$PARTITIONS" --config retention.ms=86400000
create "$COMPRESSED" "$PARTITIONS" --config "retention.ms=$((4 * week))"
create "$DEAD_LETTERS" 1 --config "retention.ms=$((4 * week))"
