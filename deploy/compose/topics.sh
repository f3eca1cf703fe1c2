#!/bin/bash
# Creates the topics, where they do not exist.
set -euo pipefail
create() {
  local topic=$1 partitions=$2
  shift 2
  /opt/kafka/bin/kafka-topics.sh --bootstrap-server "$BOOTSTRAP" --create --if-not-exists \
    --topic "$topic" --partitions "$partitions" --replication-factor 1 "$@"
}
day=86400000
create "$REGISTERED" "$PARTITIONS" --config "retention.ms=$((30 * day))"
create "$PROGRESS" "$PARTITIONS" --config "retention.ms=$day"
create "$COMPRESSED" "$PARTITIONS" --config "retention.ms=$((30 * day))"
create "$DOORBELL" 1 --config "retention.ms=$((30 * day))"
create "$DEAD_LETTERS" 1 --config "retention.ms=$((30 * day))" --config max.message.bytes=104857600
