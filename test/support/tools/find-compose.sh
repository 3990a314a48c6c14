#!/bin/sh
# Prints the path of a Docker Compose v2 that runs: the plugin of this machine, the one fetched before, or a newly
# fetched one of Debian 13, unpacked into .cache/compose and installed nowhere. It needs no Docker daemon to read a file.
# The suite is asked for in an apt of its own, so that nothing of it can reach the machine's packages.
cd "$(dirname "$0")/../../.." || exit 1
here=$PWD/.cache/compose
runs() { [ -x "$1" ] && "$1" version --short 2>/dev/null | grep -q '^v\{0,1\}[2-9]'; }

for plugin in "$here/docker-compose" "$HOME/.docker/cli-plugins/docker-compose" /usr/local/lib/docker/cli-plugins/docker-compose \
  /usr/libexec/docker/cli-plugins/docker-compose /usr/lib/docker/cli-plugins/docker-compose; do
  if runs "$plugin"; then echo "$plugin"; exit 0; fi
done

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
if ! command -v apt-get >/dev/null || [ ! -e $keyring ]; then
  echo 'Docker Compose v2 is not on this machine: install the package docker-compose-plugin or docker-compose-v2' >&2
  exit 1
fi
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 '/debian/\{0,1\}$')
mkdir -p "$here/apt/lists/partial" "$here/apt/archives/partial" "$here/apt/etc" || exit 1
echo "deb [signed-by=$keyring] ${mirror:-http://deb.debian.org/debian} trixie main" >"$here/apt/sources.list"
: >"$here/apt/status"
apt_of_its_own() {
  apt-get -q -o Dir::Etc::SourceList="$here/apt/sources.list" -o Dir::Etc::SourceParts="$here/apt/etc" \
    -o Dir::State::Lists="$here/apt/lists" -o Dir::State::status="$here/apt/status" \
    -o Dir::Cache="$here/apt" -o Dir::Cache::archives="$here/apt/archives" -o APT::Sandbox::User=root "$@"
}
{
  echo 'Fetching Docker Compose v2 of Debian 13 ...'
  apt_of_its_own update && cd "$here/apt" && apt_of_its_own download docker-compose && dpkg-deb -x docker-compose_*.deb . &&
    find . -type f -path '*cli-plugins/docker-compose' -exec mv {} "$here/docker-compose" \;
} >&2
rm -rf "$here/apt"
if runs "$here/docker-compose"; then echo "$here/docker-compose"; exit 0; fi
echo "Docker Compose v2 could not be fetched from ${mirror:-deb.debian.org}: see above" >&2
exit 1
