import type { PlatformFacts } from '../platform.ts';

/** An nginx of the host in front of the kit: what it does with a request. */
export const facts: PlatformFacts = {
  title: 'nginx in front',
  profile: 'custom',
  port: 'chosen',
  health: 'none',
  stopSignal: 'SIGTERM',
  stopGraceMs: 10_000,
  disk: 'volume',
  overlap: 'never',
  sets: 'TLS, WebSockets, nothing buffered, the body limits of the gate, one proxy hop',
  sources: ['nginx.org/en/docs: http/ngx_http_proxy_module, http/websocket, read 2026-11'],
};
