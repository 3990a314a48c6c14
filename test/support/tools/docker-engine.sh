#!/bin/sh
# A Docker engine for the tests and for trying out deploys: the machine's own where one answers, else one of ours.
#   docker-engine.sh run     brings it up, says READY and how to reach it; the last of all runs to end takes it down. A
#                            run ends when its standard input ends
#   docker-engine.sh up      brings it up until `down`, and says how to reach it
#   docker-engine.sh down    takes ours down, with everything in it that runs; images stay
#   docker-engine.sh lacks   says what this machine lacks for it, and exits 1; silent when nothing
# Ours is a real dockerd with a network of its own, in a namespace: what it publishes is published there, and no port,
# route or firewall rule of the machine is touched. It reaches the outside as a program of this machine would
# (slirp4netns), so that builds can fetch packages. State lies in .cache/docker; remove it after `down`.
# GATEHOUSE_DOCKER_ENGINE=ours leaves the machine's own engine alone.
set -eu
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
cd "$(dirname "$0")/../../.."
verb=${1:-}
state=$PWD/.cache/docker
# Where two copies of the kit on one machine, and the length of a socket's path, cannot get into each other's way.
name=gatehouse-docker-$(printf %s "$state" | cksum | cut -d ' ' -f 1)
run=/run/$name
socket=$run/docker.sock
# What `FROM` in the Dockerfile wants. No registry of images is needed: it is made of Debian's and npm's packages.
base=$(sed -n 's/^ARG BASE=//p' Dockerfile)
suite=$(echo "$base" | sed -n 's/.*-\([a-z]*\)-slim$/\1/p')

say() { echo "docker-engine: $*" >&2; }
die() { say "$*"; exit 1; }
own_engine_answers() { [ -z "${GATEHOUSE_DOCKER_ENGINE:-}" ] && command -v docker >/dev/null && docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; }
ours() { DOCKER_CONFIG=$state/config /usr/bin/docker -H "unix://$socket" "$@"; }
ours_answers() { [ -S "$socket" ] && ours info >/dev/null 2>&1; }
wait_for() { tries=$1; shift; until "$@"; do tries=$((tries - 1)); [ "$tries" -gt 0 ] || return 1; sleep 0.1; done; }
alive() { kill -0 "$(cat "$1" 2>/dev/null)" 2>/dev/null; }
gone() { ! alive "$1"; }

lacks() {
  [ "$(uname -s)" = Linux ] || { echo 'containers have addresses that this machine can reach only on Linux'; return 1; }
  if own_engine_answers; then
    for tool in nmap curl; do command -v $tool >/dev/null || { echo "$tool is missing: install it"; return 1; }; done
    return 0
  fi
  [ "$(id -u)" = 0 ] || { echo 'no Docker engine with compose answers (docker info), and one of our own needs root'; return 1; }
  grep -q '^ID=debian' /etc/os-release && command -v apt-get >/dev/null || { echo 'no Docker engine with compose answers (docker info), and one of our own is made of packages of Debian: start yours'; return 1; }
  [ -c /dev/net/tun ] || { echo '/dev/net/tun is missing: modprobe tun, or give it to this container'; return 1; }
}

packages() {
  missing=$(for tool in dockerd /usr/bin/docker mmdebstrap slirp4netns ip iptables nmap curl; do command -v "$tool" >/dev/null || echo "$tool"; done)
  [ -z "$missing" ] && return
  export DEBIAN_FRONTEND=noninteractive
  # All of them, whatever is missing: the names of programs and packages differ.
  set -- docker.io mmdebstrap slirp4netns iproute2 iptables nmap curl
  install() { apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io "$@" >"$state/apt.log" 2>&1; }
  install "$@" || { apt-get update >/dev/null 2>&1 && install "$@"; } || die "apt-get could not install $*: see $state/apt.log"
}

# Debian's minimal system with npm's own build of Node, as the official image is; and, since their lists are at hand
# then, compose and buildx of the same Debian. Trusts the authorities that this machine trusts.
make_base() {
  work=$(mktemp -d "$state/base.XXXXXX")
  mkdir -p "$work/npm" "$state/config/cli-plugins"
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mirror() { apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' | sed -n "s/^$codename$1 //p" | head -n 1; }
  main=$(mirror '') security=$(mirror -security)
  [ -n "$main" ] || die "apt knows no mirror of $codename: apt-get update, then try again"
  { echo "deb $main $suite main"; [ -z "$security" ] || echo "deb $security $suite-security main"; } >"$work/sources"
  (cd "$work" && npm pack --silent npm@11 >/dev/null && tar xzf npm-11*.tgz -C npm --strip-components=1) ||
    die 'npm could not be fetched from its registry'
  node=$PWD/node_modules/node/bin/node
  [ -x "$node" ] || die 'node_modules has no Node: run make setup first'
  cat >"$work/customize" <<CUSTOMIZE
set -eu
mkdir -p "\$1/usr/local/bin" "\$1/usr/local/lib/node_modules" "\$1/usr/local/etc" "\$1/etc/ssl/certs"
cp "$node" "\$1/usr/local/bin/node"
cp -r "$work/npm" "\$1/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "\$1/usr/local/bin/npm"
chmod +x "\$1/usr/local/lib/node_modules/npm/bin/npm-cli.js"
# Here rather than as options of mmdebstrap, which starts a Python program for each package to leave them out.
rm -rf "\$1"/usr/share/doc/* "\$1"/usr/share/man/* "\$1"/usr/share/locale/*
printf 'path-exclude=/usr/share/%s/*\n' doc man locale >"\$1/etc/dpkg/dpkg.cfg.d/slim"
cp /etc/ssl/certs/ca-certificates.crt "\$1/etc/ssl/certs/"
echo cafile=/etc/ssl/certs/ca-certificates.crt >"\$1/usr/local/etc/npmrc"
chroot "\$1" groupadd -g 1000 node
chroot "\$1" useradd -u 1000 -g 1000 -m -s /bin/bash node
cd "$work" && APT_CONFIG=\$MMDEBSTRAP_APT_CONFIG apt-get download docker-compose docker-buildx >/dev/null
CUSTOMIZE
  mmdebstrap --quiet --variant=minbase --dpkgopt=force-unsafe-io --customize-hook="sh $work/customize \"\$1\"" \
    "$suite" "$work/base.tar" "$work/sources" 2>"$state/base.log" || die "the base image could not be made: see $state/base.log"
  for package in "$work"/*.deb; do dpkg-deb -x "$package" "$work/plugins"; done
  find "$work/plugins" -path '*cli-plugins/*' -type f -exec cp {} "$state/config/cli-plugins/" \;
  mv "$work/base.tar" "$state/base.tar"
  rm -rf "$work"
}

start_ours() {
  mkdir -p "$state/root" "$state/config" "$state/bin" "$run"
  ln -sf /usr/bin/docker "$state/bin/docker"
  ip netns list | grep -qw "$name" || { ip netns add "$name" && ip -n "$name" link set lo up; }
  if ! alive "$run/slirp.pid"; then
    slirp4netns --configure --mtu=65520 --disable-host-loopback --netns-type=path "/run/netns/$name" tap0 >"$state/slirp.log" 2>&1 <&- &
    echo $! >"$run/slirp.pid"
    wait_for 100 sh -c "ip -n $name route | grep -q default" || die "slirp4netns gave no network: see $state/slirp.log"
  fi
  rm -f "$run/dockerd.pid"
  # nsenter, because `ip netns exec` would hide the cgroups.
  nsenter --net="/run/netns/$name" dockerd --data-root "$state/root" --exec-root "$run/exec" -p "$run/dockerd.pid" \
    -H "unix://$socket" --shutdown-timeout 5 >"$state/dockerd.log" 2>&1 <&- &
  wait_for 300 ours_answers || die "the engine did not start: see $state/dockerd.log"
}

up() {
  own_engine_answers && return
  why=$(lacks) || die "$why"
  ours_answers && return
  mkdir -p "$state"
  packages
  [ -e "$state/base.done" ] || [ -e "$state/base.tar" ] || make_base
  start_ours
  if [ "$(cat "$state/base.done" 2>/dev/null)" != "$base" ]; then
    [ -e "$state/base.tar" ] || make_base
    ours import --change 'CMD ["node"]' --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$state/base.tar" "$base" >/dev/null
    rm "$state/base.tar"
    echo "$base" >"$state/base.done"
  fi
}

down() {
  if ours_answers; then
    running=$(ours ps -q)
    [ -z "$running" ] || ours kill $running >/dev/null 2>&1 || say 'a container ended by itself'
  fi
  for pid in "$run/dockerd.pid" "$run/slirp.pid"; do
    alive "$pid" || continue
    kill "$(cat "$pid")"
    wait_for 150 gone "$pid" || { kill -9 "$(cat "$pid")"; say "$(basename "$pid" .pid) had to be killed"; }
  done
  ! ip netns list 2>/dev/null | grep -qw "$name" || ip netns delete "$name"
  rm -rf "$run"
}

# The engine stays while another run uses it, or when `up` has brought it up.
end_if_last() {
  flock 8
  if flock -n 9 && [ ! -e "$run/stays" ]; then down; fi
}

tell() {
  if own_engine_answers; then echo "DOCKER_HOST=${DOCKER_HOST:-}"; return; fi
  echo "DOCKER_HOST=unix://$socket"
  echo "DOCKER_CONFIG=$state/config"
  echo "DOCKER_BUILDKIT=1"
  echo "PATH=$state/bin:$PATH"
  echo "NETNS=/run/netns/$name"
}

case $verb in
  up)
    if own_engine_answers; then tell; exit 0; fi
    exec 8>"$run.starting"
    flock 8
    up 8>&-
    touch "$run/stays"
    tell ;;
  run)
    if own_engine_answers; then tell; echo READY; cat >/dev/null; exit 0; fi
    # Test files run at the same time and share the engine. `starting` is held while the engine starts or ends, `users`
    # is shared by all runs. The kernel releases both when a run is killed.
    exec 8>"$run.starting" 9>"$run.users"
    flock 8
    flock -s 9
    trap end_if_last EXIT
    trap 'exit 130' INT TERM HUP
    up 8>&- 9>&-
    flock -u 8
    tell; echo READY; cat >/dev/null ;;
  down) down ;;
  lacks) lacks ;;
  *) die 'run, up, down or lacks' ;;
esac
