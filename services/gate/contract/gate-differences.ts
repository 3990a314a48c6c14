/**
 * Where the nginx gate cannot do what the one in TypeScript does, and what nginx 1.22 does instead. The contract suite
 * tests both sides of each row, and the README shows the table.
 */
export const DIFFERENCES = {
  reasons: {
    what: 'what its HTTP parser refuses',
    node: 'each reason has its code: `host_invalid`, `framing_invalid`, `target_invalid`, `method_refused`, …',
    nginx: '400 `request_malformed`: nginx does not tell why',
  },
  http09: {
    what: 'HTTP/0.9',
    node: '400',
    nginx: 'the problem document alone: HTTP/0.9 has no status line; the connection closes',
  },
  bareLf: {
    what: 'lines that end with LF alone',
    node: '400',
    nginx: 'read as CRLF, and sent on as CRLF',
  },
  headerLines: {
    what: 'more than 1,000 header lines',
    node: 'read, as far as GATE_MAX_HEADER_BYTES reaches',
    nginx: '431, as Debian builds it',
  },
  asterisk: { what: '`OPTIONS *`', node: '204 with Allow', nginx: '400' },
  nominated: {
    what: 'headers that `Connection` names',
    node: 'dropped, both ways',
    nginx:
      'a request that names one which nginx does not know is refused with 400; an answer that names one keeps it',
  },
  wildcards: {
    what: '`X-Forwarded-…` and `X-Accel-…` of a client',
    node: 'all dropped, and names with `_` compared as if with `-`',
    nginx: 'those in use dropped by name, and every name with `_`',
  },
  interim: {
    what: '1xx answers of a service',
    node: 'passed on, up to 1,000 for a request; none to HTTP/1.0; a `100 Continue` is 502, as the gate asks for none',
    nginx: 'dropped; before 1.29 taken for the answer itself, so that a service must not send any',
  },
  expect: {
    what: '`Expect: 100-continue`',
    node: 'a refusal comes before the body; 100 only once the request is on its way',
    nginx: '100 comes before most refusals, and before the service is asked',
  },
  buffered: {
    what: 'bodies of requests',
    node: 'streamed, as slowly as the service reads; an end of the client reaches the service at once',
    nginx:
      'for the api up to 64 KiB are read first, into memory, and larger ones are streamed; for services of your own bodies are read whole first, beyond 64 KiB into TMPDIR, so that a service never sees one that is broken off or too slow',
  },
  spool: {
    what: 'many large bodies at once for services of your own',
    node: 'streamed; none is kept',
    nginx:
      'as many as GATE_SPOOL_BYTES has room for, if each had the largest size; a quarter for one client; above it, 429 `too_many_requests_at_once`',
  },
  truncated: {
    what: 'a cut answer to HTTP/1.0',
    node: 'the connection is reset',
    nginx: 'the connection ends, as after a whole answer',
  },
  slow: {
    what: 'headers or bodies that do not come in time',
    node: '408 `request_timeout`',
    nginx: 'the connection closes without an answer',
  },
  slowBodies: {
    what: 'clients that send or read a byte now and then',
    node: 'cut below GATE_MIN_BODY_RATE',
    nginx: 'stay, but at no cost to a service',
  },
  silence: {
    what: 'a service that falls silent amid its answer',
    node: 'cut after GATE_IDLE_TIMEOUT_MS',
    nginx: 'cut after the longer of GATE_IDLE_TIMEOUT_MS and GATE_UPSTREAM_TIMEOUT_MS',
  },
  tunnel: {
    what: 'WebSockets',
    node: 'pinged in silence; open as long as the client answers; an unanswered handshake is 504; another protocol than asked for is cut off',
    nginx:
      'not pinged; closed after an hour without a byte; a handshake may take as long; what a service switches to is not looked at',
  },
  drain: {
    what: 'taking leave',
    node: 'answers in flight say `Connection: close`; WebSockets get 1001; event streams end whole',
    nginx:
      'answers in flight are finished, then the connection closes; idle connections close at once: who sends on one at that moment must send again; WebSockets and event streams are cut when the time is up',
  },
  moved: {
    what: 'a service that comes back on another port',
    node: 'those who wait for it go there; no connection is closed',
    nginx:
      'those who wait for it get 503 and come back; nginx reloads, which closes idle connections: who sends on one at that moment must send again',
  },
  broken: {
    what: 'a response that HTTP does not allow',
    node: '502 `service_refused`',
    nginx:
      '502 `service_refused` for NUL, a bare CR, a fold or a space in a header, and for a head over 64 KiB; nginx passes other control characters (in a reason phrase all but CR and LF), names that are no tokens, lines that end with LF alone, statuses below 100 or above 599, and a 101 that nobody asked for; of two lengths it reads the first, and an invalid length as none; it passes the body of an unknown transfer coding without the coding, and bytes that are no HTTP as a response of HTTP/0.9, after which it keeps the connection open for 95 s unless the client asked to close it',
  },
  connections: {
    what: 'GATE_MAX_CONNECTIONS',
    node: 'exact; a new one takes the place of the longest idle one of the client that has most; a client that has most itself gets no further one',
    nginx: 'a share for each worker, two connections a request; more wait, idle ones go first',
  },
  reused: {
    what: 'a kept connection that the service closes as it is used again',
    node: 'what is idempotent is sent again, without a body and before the first byte of an answer',
    nginx: 'what is idempotent is sent again, with its body and amid the head of an answer too',
  },
  log: {
    what: 'the access log',
    node: 'the path with its query, secrets masked; the bytes of the body',
    nginx: 'the path without its query; the bytes of head and body; times in whole seconds',
  },
  requestId: { what: 'request ids of its own', node: 'UUIDs', nginx: '32 hexadecimal digits' },
} as const satisfies Readonly<Record<string, { what: string; node: string; nginx: string }>>;

export type Difference = keyof typeof DIFFERENCES;
