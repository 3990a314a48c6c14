#!/bin/bash
# Runs the kit once behind each gate, with neither network nor browser, while its image is made. Node keeps what it has
# compiled in node_modules/.cache, by path and user: this must run where and as whom the image will.
set -euo pipefail
data=$(mktemp -d)
export GATEHOUSE_PROFILE=local PORT=8080 DATA_DIR=$data PUPPETEER_EXECUTABLE_PATH=/bin/false LOG_FORMAT=json
for gate in node nginx; do
  GATE=$gate node bin/gatehouse.js start >"$data/log" 2>&1 &
  kit=$!
  # By then the bridge has loaded all that drives a browser.
  for _ in {1..600}; do ! grep -q 'the browser did not start' "$data/log" || break; kill -0 "$kit" || break; sleep 0.1; done
  bash scripts/is-live.sh /health || { cat "$data/log" >&2; exit 1; }
  kill -TERM "$kit"
  wait "$kit" || { cat "$data/log" >&2; exit 1; }
done
rm -rf "$data"
