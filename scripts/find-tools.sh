#!/bin/sh
# Makes sure that programs are there which the kit itself does not bring: `find-tools.sh NEEDED... [-- WANTED...]`.
# Silent when all are. Installs what is missing with apt-get where it may, else says what to install. Without one that
# is needed it fails; without one that is wanted, tests say by name what they did not test, and in CI they fail.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# The packages that bring a program, of Debian, of Fedora and of Homebrew.
packages_of() {
  case $1 in
    ip) echo 'iproute2 iproute -' ;;
    nginx) echo 'nginx-light nginx nginx' ;;
    systemd-analyze) echo 'systemd systemd -' ;;
    *) echo "$1 $1 $1" ;;
  esac
}
package_of() { set -- "$2" $(packages_of "$1"); shift "$1"; echo "$1"; }
is_there() { [ "$1" = nginx ] && [ -n "$NGINX_PATH" ] && [ -x "$NGINX_PATH" ] || command -v "$1" >/dev/null; }
missing_of() { for tool; do is_there "$tool" || printf '%s ' "$tool"; done; }
every_package() { column=$1; shift; for tool; do package_of "$tool" "$column"; done | grep -vx -- - | tr '\n' ' '; }

needed=''
while [ $# -gt 0 ] && [ "$1" != -- ]; do needed="$needed $1"; shift; done
[ $# -gt 0 ] && shift
wanted=$*

missing=$(missing_of $needed $wanted)
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  packages=$(every_package 1 $missing)
  echo "Installing with apt-get: $packages..."
  export DEBIAN_FRONTEND=noninteractive
  install() { apt-get install -y --no-install-recommends $packages; }
  { install || { apt-get update && install; }; } >/dev/null 2>&1
  missing=$(missing_of $needed $wanted)
  [ -z "$missing" ] && exit 0
fi
cat >&2 <<TEXT
Not on this machine: $missing
  Debian, Ubuntu   sudo apt-get install --no-install-recommends $(every_package 1 $missing)
  Fedora           sudo dnf install $(every_package 2 $missing)
  macOS            brew install $(every_package 3 $missing)
TEXT
[ -z "$(missing_of $needed)" ]
