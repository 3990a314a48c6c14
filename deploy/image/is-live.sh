#!/bin/bash
# Whether the kit in this container answers on its public port: 0 or 1, as HEALTHCHECK wants it. By bash alone, since
# another Node every few seconds would cost more than the kit at rest. `is-live.sh /health` asks for more than the port.
path=${1:-/health/live}
exec 3<>"/dev/tcp/127.0.0.1/${PORT:-8080}" || exit 1
printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$path" >&3
IFS= read -t 4 -r status <&3 || { echo "no answer within 4 s on port ${PORT:-8080}"; exit 1; }
echo "${status%$'\r'}"
[[ $status == 'HTTP/1.1 200 '* ]]
