#!/bin/bash
# Runs the kit once behind each gate, with neither network nor browser, while its image is made. Node keeps what it has
# compiled in node_modules/.cache, by path and user: this must run where and as whom the image will.
set -euo pipefail
data=$(mktemp -d)
export GATEHOUSE_PROFILE=local PORT=8080 DATA_DIR=$data PUPPETEER_EXECUTABLE_PATH=/bin/false LOG_FORMAT=json
for gate in node nginx; do
  log=$data/$gate.log
  touch "$log"
  GATE=$gate node bin/gatehouse.js start >"$log" 2>&1 &
  kit=$!
  # By the first the api and the gate are loaded, by the second all that drives a browser.
  is_up() { bash deploy/image/is-live.sh /health >/dev/null 2>&1 && grep -q 'the browser did not start' "$log"; }
  for _ in {1..300}; do is_up && break; kill -0 "$kit" 2>/dev/null || break; sleep 0.2; done
  is_up || { echo "the kit did not come up with GATE=$gate:" >&2; cat "$log" >&2; exit 1; }
  kill -TERM "$kit"
  wait "$kit" || { echo "the kit did not end in order with GATE=$gate:" >&2; cat "$log" >&2; exit 1; }
done
# It will belong to root, so that nobody who runs the kit can change what it runs.
chmod -R a+rX node_modules/.cache
rm -rf "$data"
