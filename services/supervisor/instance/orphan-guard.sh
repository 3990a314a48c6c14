#!/bin/sh
# Ends what the kit leaves behind when its supervisor dies without a word (kill -9, out of memory).
# Usage: orphan-guard.sh MARK, with stdin held open by the supervisor. "done" on stdin: the supervisor ended in order.
# MARK is NAME=value in the environment of every process of the run; this guard does not carry it.
mark=$1
trap '' INT TERM HUP
read -r word
[ "$word" = done ] && exit 0

# No step starts a process for each process of the machine: there may be thousands.
find_session() { # sets session to field 6 of /proc/PID/stat, counted behind the program's name, which may hold anything
  session=
  stat=
  { while read -r line; do stat=$line; done <"/proc/$1/stat"; } 2>/dev/null # The name may hold a line break, too.
  [ -n "$stat" ] || return 0
  # shellcheck disable=SC2086
  set -- ${stat##*) }
  session=$4
}

# A browser's children hide their environment but share its session, so sessions are what is killed.
sessions=' '
for environment in $(grep -lsF "$mark" /proc/[0-9]*/environ); do
  pid=${environment#/proc/}
  find_session "${pid%/environ}"
  sessions="$sessions$session "
done
for signal in TERM KILL; do
  for folder in /proc/[0-9]*; do
    pid=${folder#/proc/}
    find_session "$pid"
    [ -n "$session" ] || continue
    case "$sessions" in *" $session "*) kill -s "$signal" "$pid" 2>/dev/null ;; esac
  done
  [ "$signal" = TERM ] && sleep 1
done
exit 0
