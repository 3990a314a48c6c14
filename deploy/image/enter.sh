#!/bin/bash
# Becomes what it is told to run. Where a platform starts containers as root, since its volumes belong to root, it first
# gives the data folder to the kit's own user, and goes on as that one: nothing of the kit runs as root.
set -eu
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$DATA_DIR"
  [ "$(stat -c %u "$DATA_DIR")" = 1000 ] || chown -R 1000:1000 "$DATA_DIR"
  export HOME=/home/node
  exec setpriv --reuid=1000 --regid=1000 --clear-groups --inh-caps=-all -- "$@"
fi
exec "$@"
