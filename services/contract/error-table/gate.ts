import type { ErrorEntry } from './entry.ts';

/** Codes of the gate: admission, then forwarding. */
export const gateErrors = {
  host_invalid: {
    status: 400,
    title: 'Invalid Host',
    remedy: 'Send exactly one Host header, of the form name or name:port.',
    closesConnection: true,
  },
  target_invalid: {
    status: 400,
    title: 'Invalid request target',
    remedy:
      'Send the path in its canonical form: no //, no . or .. segments, no \\, #, ; or encoded separators.',
  },
  target_foreign: {
    status: 400,
    title: 'Foreign authority',
    remedy: 'Send the path alone, or an absolute URL whose authority equals Host.',
  },
  framing_invalid: {
    status: 400,
    title: 'Invalid message framing',
    remedy: 'Send a Content-Length or exactly "Transfer-Encoding: chunked", over HTTP/1.1.',
    closesConnection: true,
  },
  request_malformed: {
    status: 400,
    title: 'Malformed request',
    remedy: 'Send a well-formed HTTP/1.1 request.',
    closesConnection: true,
  },
  method_refused: {
    status: 405,
    title: 'Method not allowed',
    remedy: 'Use one of the methods in Allow, or those that the documents list for this path.',
  },
  origin_refused: {
    status: 403,
    title: 'Foreign origin',
    remedy: 'Call the kit from a program, or from a page of its own, not from a web page of another site.',
  },
  expectation_failed: {
    status: 417,
    title: 'Expectation failed',
    remedy: 'The only expectation understood is 100-continue.',
    closesConnection: true,
  },
  body_too_large: {
    status: 413,
    title: 'Body too large',
    remedy: 'Send a smaller body, or raise GATE_MAX_BODY_BYTES.',
    refusesForm: true,
  },
  headers_too_large: {
    status: 431,
    title: 'Headers too large',
    remedy: 'Send fewer or shorter headers.',
    closesConnection: true,
  },
  request_timeout: {
    status: 408,
    title: 'Request too slow',
    remedy: 'Send the request faster.',
    closesConnection: true,
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    remedy: 'Send less often: wait Retry-After seconds; or raise GATE_CLIENT_RATE.',
    retryAfterS: 1,
  },
  too_many_requests_at_once: {
    status: 429,
    title: 'Too many requests at once',
    remedy: 'Wait for answers before sending more, or raise GATE_CLIENT_CONCURRENCY.',
    retryAfterS: 1,
  },
  route_unknown: {
    status: 404,
    title: 'No such route',
    remedy: 'See the README for the routes that this kit exposes.',
  },
  upgrade_refused: {
    status: 400,
    title: 'Upgrade refused',
    remedy: 'Only WebSocket upgrades, and only on the routes that declare them, are forwarded.',
  },
  loop_detected: {
    status: 508,
    title: 'Loop detected',
    remedy: 'The gate is its own upstream, directly or by another proxy: correct the ports.',
  },
  service_unavailable: {
    status: 503,
    title: 'Service unavailable',
    remedy:
      'The service is starting or restarting: try again after Retry-After seconds; /health and the log say more.',
    retryAfterS: 1,
  },
  service_refused: {
    status: 502,
    title: 'Service failed',
    remedy: 'The service broke off the exchange: see its log.',
  },
  service_silent: {
    status: 504,
    title: 'Service did not answer',
    remedy: 'See the log of the service, or raise GATE_UPSTREAM_TIMEOUT_MS.',
  },
  supervisor_silent: {
    status: 503,
    title: 'Supervisor did not answer',
    remedy:
      'The services may still work, but nothing restarts one that ends. Look at the process of the supervisor: resume it (SIGCONT) if it is stopped, give the machine more CPU time, or restart the kit.',
    retryAfterS: 1,
  },
} as const satisfies Record<string, ErrorEntry>;
