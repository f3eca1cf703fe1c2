#!/bin/sh
# Creates the buckets, and the workers' user with the rights of policy.json. Runs again without harm.
set -eu
for bucket in $BUCKETS; do
  mc mb --ignore-existing "store/$bucket"
done
mc admin policy create store secateur-worker /policy.json
mc admin user add store "$ACCESS_KEY" "$SECRET_KEY"
mc admin policy attach store secateur-worker --user "$ACCESS_KEY" || mc admin policy entities store --user "$ACCESS_KEY"
