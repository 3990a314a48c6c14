import { REQUEST_ID, TRACEPARENT } from '../services/gate/contract/client-identifiers.ts';

/** An address as proxies write it: IPv4 or IPv6, with a port or brackets perhaps. */
const ADDRESS = String.raw`\[?(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*)\]?(?::[0-9]+)?`;

/**
 * The maps that give nginx the client info in variables: `$client`, `$forwarded_for`, `$protocol`, `$public_host`, `$public_port`, `$rid`,
 * `$traceparent`, `$tracestate`. The same rule as `readClientInfo` of the gate in TypeScript, for a fixed number of trusted proxies.
 */
export function clientInfoMaps(hops: number): string {
  return hops === 0 ? NO_TRUSTED_PROXY : trustedProxyMaps(hops);
}

/** A trace that begins at the gate. */
const NEW_TRACE = `  map $request_id $new_traceparent {
    "~^(?<trace_head>.{16})" "00-$request_id-$trace_head-00";
  }`;

const NO_TRUSTED_PROXY = `${NEW_TRACE}
  map "" $client {
    default $peer;
  }
  map "" $forwarded_for {
    default $peer;
  }
  map "" $protocol {
    default http;
  }
  map "" $public_host {
    default $host_or_gate;
  }
  map "" $public_port {
    default $public_port_of_host;
  }
  map "" $rid {
    default $request_id;
  }
  map "" $traceparent {
    default $new_traceparent;
  }
  map "" $tracestate {
    default "";
  }`;

function trustedProxyMaps(hops: number): string {
  // Of the most proxies that have left an address: the client is the first of them, and the nearer ones follow.
  const counts = Array.from({ length: hops }, (_, index) => hops - index);
  const addresses = (name: string, count: number) =>
    String.raw`"~(?:^|,)\s*(?<${name}_${count}>${ADDRESS})\s*(?<${name}_${count}_nearer>(?:,\s*${ADDRESS}\s*){${count - 1}})$"`;
  const first = counts.map((count) => `    ${addresses('client', count)} $client_${count};`);
  const all = counts.map((count) => `    ${addresses('list', count)} "$client$list_${count}_nearer, $peer";`);
  return `${NEW_TRACE}
  map $http_x_forwarded_for $believed_client {
    default $peer;
${first.join('\n')}
  }
  map $believed_client $client {
    default $believed_client;
    "~^\\[(?<bare_v6>[^\\]]+)\\]" $bare_v6;
    "~^(?<bare_v4>[0-9.]+):[0-9]+$" $bare_v4;
    "~^::ffff:(?<mapped_v4>[0-9.]+)$" $mapped_v4;
  }
  map $http_x_forwarded_for $forwarded_for {
    default $peer;
${all.join('\n')}
  }
${fromTheRight('$http_x_forwarded_proto', 'protocol_said', hops)}
  map $protocol_said $protocol {
    default http;
    "~^(?:https|wss)$" https;
  }
${fromTheRight('$http_x_forwarded_host', 'host_said', hops)}
  map $host_said $public_host {
    default $host_or_gate;
    "~^(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(?::[0-9]{1,5})?$" $host_said;
  }
${fromTheRight('$http_x_forwarded_port', 'port_said', hops)}
  map $port_said $public_port {
    default $public_port_of_host;
    "~^[0-9]{1,5}$" $port_said;
  }
  map $http_x_request_id $rid {
    default $request_id;
    "~${REQUEST_ID.source}" $http_x_request_id;
  }
  map $http_traceparent $traceparent {
    default $new_traceparent;
    "~${TRACEPARENT.source}" $http_traceparent;
  }
  map $http_traceparent $tracestate {
    default "";
    "~${TRACEPARENT.source}" $http_tracestate;
  }`;
}

/** The entry that the outermost trusted proxy wrote; a proxy that overwrites leaves one, whatever their number. */
function fromTheRight(list: string, name: string, hops: number): string {
  return String.raw`  map ${list} $${name} {
    default "";
    "~(?:^|,)\s*(?<${name}_of>[^,]*?)\s*(?:,[^,]*){${hops - 1}}$" $${name}_of;
    "~^\s*(?<${name}_first>[^,]*?)\s*(?:,|$)" $${name}_first;
  }`;
}
