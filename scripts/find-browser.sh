#!/bin/sh
# Makes sure that there is a browser for the WhatsApp bridge: the one that PUPPETEER_EXECUTABLE_PATH names, one on the
# PATH, puppeteer's own, or a newly installed one. Silent when one is there. The kit itself looks in the same places:
# services/runtime/find-browser.ts.
runs() { [ -x "$1" ] && "$1" --version >/dev/null 2>&1; }

if [ -n "$PUPPETEER_EXECUTABLE_PATH" ]; then
  [ -x "$PUPPETEER_EXECUTABLE_PATH" ] && exit 0
  echo "PUPPETEER_EXECUTABLE_PATH is $PUPPETEER_EXECUTABLE_PATH, which is not an executable file: correct or unset it" >&2
  exit 1
fi
for name in chromium google-chrome-stable google-chrome chrome; do
  command -v "$name" >/dev/null && exit 0
done
# On Ubuntu this one is a stub that asks for a snap.
runs "$(command -v chromium-browser)" && exit 0
for path in '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' '/Applications/Chromium.app/Contents/MacOS/Chromium'; do
  [ -x "$path" ] && exit 0
done

downloaded() { node -e "import('puppeteer').then((p) => p.default.executablePath()).then(console.log, () => {})"; }
runs "$(downloaded)" && exit 0

echo 'No Chromium or Chrome found: downloading one with puppeteer ...'
puppeteer browsers install chrome >/dev/null 2>&1 && runs "$(downloaded)" && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo 'That did not work here: installing the package chromium with apt-get ...'
  export DEBIAN_FRONTEND=noninteractive
  { apt-get install -y --no-install-recommends chromium || { apt-get update && apt-get install -y --no-install-recommends chromium; }; } >/dev/null 2>&1
  command -v chromium >/dev/null && exit 0
fi
cat >&2 <<'TEXT'
No browser could be found or installed. Install Chromium or Chrome yourself:
  Debian, Ubuntu   sudo apt-get install chromium
  Fedora           sudo dnf install chromium
  macOS            brew install --cask google-chrome
or set PUPPETEER_EXECUTABLE_PATH to the browser you have, then run the same make target again.
TEXT
exit 1
