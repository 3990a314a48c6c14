import type { Fault } from './fault.ts';

/** Faults in the gate, in nginx that takes its place, and in what all services share. */
export const faults: readonly Fault[] = [
  {
    name: 'The gate reuses a connection to a service of the user after a request with a body',
    kind: 'wrong state',
    file: 'services/gate/forward/forward.ts',
    text: 'return !hasBody(framing) || (kit && !framing.chunked);',
    replacement: 'return !hasBody(framing) || (kit || !framing.chunked);',
    tests: [
      {
        file: 'test/system/gate/reuse/reuse.test.ts',
        title:
          'gate, before a service of one’s own that reads no bodies (node) sends no request on a connection after one with a body (Content-Length)',
      },
    ],
  },
  {
    name: 'The gate waits for a supervisor that does not answer as long as for a service',
    kind: 'unbounded wait',
    file: 'services/gate/forward/forward.ts',
    text: 'if (silence === undefined) return;',
    replacement: 'return;',
    tests: [
      {
        file: 'test/conformance/gate/forward/silence.test.ts',
        title:
          'gate, on a route with a limit of its own on silence (node) answers 503 supervisor_silent where the service takes the question and says nothing, and is itself alive',
      },
    ],
  },
  {
    name: 'The gate believes an address that the client itself wrote into X-Forwarded-For',
    kind: 'off by one',
    file: 'services/gate/admission/client-info.ts',
    text: 'for (const entry of list.slice(-hops).reverse()) {',
    replacement: 'for (const entry of list.slice(-hops - 1).reverse()) {',
    tests: [
      {
        file: 'test/conformance/gate/forward/headers.test.ts',
        title:
          'gate, behind trusted proxies (node) takes 2.2.2.2 for the client of "1.1.1.1, 2.2.2.2" with 1 hops',
      },
    ],
  },
  {
    name: 'The gate closes its port while clients are still about to connect',
    kind: 'dropped await',
    file: 'services/gate/connections/drain.ts',
    text: 'if (withinMs > 0) await untilNoneConnects(',
    replacement: 'if (withinMs > 0) untilNoneConnects(',
    tests: [
      {
        file: 'test/conformance/gate/connections/drain.test.ts',
        title: 'gate, while it drains (node) tells nobody to leave while its port is open',
      },
    ],
  },
  {
    name: 'The gate answers 500 for an unexpected error and does not log the error',
    kind: 'swallowed error',
    file: 'services/gate/answer/problems.ts',
    text: "if (!(thrown instanceof KitError)) log.error({ err: thrown, request_id }, 'unexpected error');",
    replacement:
      "if (!(thrown instanceof Error)) log.error({ err: thrown, request_id }, 'unexpected error');",
    tests: [
      {
        file: 'test/unit/gate/faults.test.ts',
        title:
          'gate in TypeScript, when it meets an error that nobody foresaw logs the error under the id of the request',
      },
    ],
  },
  {
    name: 'The gate sends a request again that a service failed on over a new connection',
    kind: 'retry too many',
    file: 'services/gate/forward/exchange.ts',
    text: 'this.#isReusedSocket = connection !== undefined && connection.requestsOnSocket++ > 0;',
    replacement: 'this.#isReusedSocket = connection !== undefined && ++connection.requestsOnSocket > 0;',
    tests: [
      {
        file: 'test/conformance/gate/forward/retry.test.ts',
        title:
          'gate, an upstream that closes a connection as it is reused (node) sends none again on a fresh connection',
      },
    ],
  },
  {
    name: 'The gate passes the boot secret that a service returns on to a WebSocket client',
    kind: 'header let through',
    file: 'services/gate/upgrade/upgrade-attempt.ts',
    text: 'const kept = endToEndHeaders(answer.rawHeaders, FROM_UPSTREAM);',
    replacement: 'const kept = answer.rawHeaders;',
    tests: [
      {
        file: 'test/conformance/gate/upgrade/upgrade.test.ts',
        title: 'gate, WebSocket upgrades (node) gives the client cleaned headers, and no secret',
      },
    ],
  },
  {
    name: 'The last request that waits for a service waits without limit',
    kind: 'unbounded wait',
    file: 'services/gate/contract/hold.ts',
    text: 'if (this.#waiting.size > 0) return;',
    replacement: 'if (this.#waiting.size > 1) return;',
    tests: [{ file: 'test/unit/gate/contract/hold.test.ts', title: 'Hold keeps each wait to its own time' }],
  },
  {
    name: 'The nginx gate forwards /INTERNAL, which a service may read as /internal',
    kind: 'unsafe comparison',
    file: 'nginx/render-config.ts',
    text: '`"~*^',
    replacement: '`"~^',
    tests: [
      {
        file: 'test/conformance/gate/admission/refusals.test.ts',
        title: 'gate, a route that takes every path (nginx) leaves out /INTERNAL/x',
        tier: 'system',
      },
    ],
  },
  {
    name: 'A service accepts an API key, or the boot secret, with more characters behind it',
    kind: 'unsafe comparison',
    file: 'services/runtime/http/internal-secret.ts',
    text: 'return (given) => timingSafeEqual(digest(given), expected);',
    replacement: 'return (given) => timingSafeEqual(digest(given.slice(0, secret.length)), expected);',
    tests: [
      {
        file: 'test/unit/runtime/api-keys.test.ts',
        title: 'API keys {"authorization":"Bearer first-key-of-twenty-four-charsx"}: key_invalid',
      },
    ],
  },
  {
    name: 'The api lets a message expire that may have been sent',
    kind: 'wrong state',
    file: 'services/contract/message-states.ts',
    text: "return !isFinal(state) && MESSAGE_STATES[state].wasSent === 'no';",
    replacement: "return !isFinal(state) && MESSAGE_STATES[state].wasSent !== 'yes';",
    tests: [
      {
        file: 'test/conformance/api/outbox/message-states.test.ts',
        title: 'message states on sqlite are found by conditions with the text of the partial indexes',
      },
      {
        file: 'test/conformance/api/outbox/dispatcher-times.test.ts',
        title: 'outbox on sqlite, while the bridge left an outcome open past expires_at, only looks',
      },
    ],
  },
];
