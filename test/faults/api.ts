import type { Fault } from './fault.ts';

const HEADS = 'test/conformance/api/outbox/heads-property.test.ts';

/** Faults in the api. */
export const faults: readonly Fault[] = [
  {
    name: 'A late acknowledgement takes a message back to an earlier state',
    kind: 'wrong state',
    file: 'services/api/outbox/transitions.ts',
    text: 'const isNews = step !== undefined && ack > rank && isTaken;',
    replacement: 'const isNews = step !== undefined && ack !== rank && isTaken;',
    tests: [
      {
        file: 'test/conformance/api/outbox/transitions.test.ts',
        title:
          'messages on sqlite, as their acknowledgements come go as far as the highest said, whatever the order and however often',
      },
      {
        file: 'test/conformance/api/outbox/message-states.test.ts',
        title: 'message states on sqlite change exactly as the table permits',
      },
    ],
  },
  {
    name: 'The outbox forgets that an earlier attempt may have sent a message, and sends it twice',
    kind: 'wrong state',
    file: 'services/api/outbox/record-outcome.ts',
    text: 'if (isUnsent(message.state)) return transitions.requeue(',
    replacement: "if (isUnsent(message.state) || code === 'whatsapp_not_ready') return transitions.requeue(",
    tests: [
      {
        file: 'test/conformance/api/outbox/dispatcher.test.ts',
        title:
          'outbox on sqlite, while the bridge left the outcome open and then was not ready, is asked to look first once it is ready',
      },
    ],
  },
  {
    name: 'The event log starts from the beginning again for a reader that has read everything',
    kind: 'off by one',
    file: 'services/api/events/log-pages.ts',
    text: 'const from = after > newest ? 0 : after;',
    replacement: 'const from = after >= newest ? 0 : after;',
    tests: [
      {
        file: 'test/conformance/api/events/event-log.test.ts',
        title:
          'event log, on sqlite reads a number from the future as one of an earlier database: from the beginning',
      },
    ],
  },
  {
    name: 'The list of messages promises a next page behind its last one',
    kind: 'off by one',
    file: 'services/api/messages/message-page.ts',
    text: 'if (rows.length > limit) return',
    replacement: 'if (rows.length >= limit) return',
    tests: [
      {
        file: 'test/conformance/api/outbox/messages.test.ts',
        title:
          'messages on sqlite, listed come newest first, by pages, each of them once, whatever comes in meanwhile',
      },
    ],
  },
  {
    name: 'A caller that fails while the database is tried begins a second try beside the first',
    kind: 'retry too many',
    file: 'services/api/store/store.ts',
    text: '      this.#probing = this.#try().catch(',
    replacement: '      this.#probe = undefined;\n      this.#probing = this.#try().catch(',
    tests: [
      {
        file: 'test/unit/api/store/recovery.test.ts',
        title:
          'store whose database fails is tried once at a time, and back once, though a caller fails while it is tried',
      },
    ],
  },
  {
    name: 'The store answers a write before the write is on the disk',
    kind: 'missing fsync',
    file: 'services/api/store/sqlite.ts',
    text: "connection.pragma('synchronous = FULL');",
    replacement: "connection.pragma('synchronous = NORMAL');",
    tests: [
      {
        file: 'test/unit/api/store/sqlite-sync.test.ts',
        title: 'store on sqlite, as to the disk syncs the log at each commit',
      },
    ],
  },
  {
    name: 'Retention does not wait for its limit of size, and does not catch its errors',
    kind: 'dropped await',
    file: 'services/api/store/retention/retention.ts',
    text: 'await limitSize(run, limits.maxBytes);',
    replacement: 'void limitSize(run, limits.maxBytes);',
    tests: [
      {
        file: 'test/conformance/api/store/retention.test.ts',
        title:
          'retention on sqlite removes the oldest events and settled messages beyond the size, and nothing that waits',
      },
      {
        file: 'test/conformance/api/store/retention.test.ts',
        title: 'retention on sqlite says so when all that is left may not be removed',
      },
    ],
  },
  {
    name: 'The api repeats a POST to a webhook at once, although the receiver may have taken it',
    kind: 'retry too many',
    file: 'services/api/webhooks/signed-post.ts',
    text: 'if (signal.aborted || !brokeOnReuse(error)) throw error;',
    replacement: 'if (signal.aborted && !brokeOnReuse(error)) throw error;',
    tests: [
      {
        file: 'test/unit/api/webhooks/failures.test.ts',
        title:
          'webhooks, with a receiver that misbehaves count it as a failure when a new connection breaks, and repeat nothing at once',
      },
    ],
  },
  {
    name: 'The api connects to a host name if one of its addresses is public',
    kind: 'unsafe comparison',
    file: 'services/api/outbound/checked-agents.ts',
    text: 'if (!addresses.every(({ address }) => isAllowed(address)))',
    replacement: 'if (!addresses.some(({ address }) => isAllowed(address)))',
    tests: [
      {
        file: 'test/unit/api/outbound/fetch-public.test.ts',
        title: 'a medium from a URL is not fetched from a name with one bad address among good ones',
      },
    ],
  },
  {
    name: 'The api answers success to connect, disconnect and reset-session although the bridge failed',
    kind: 'swallowed error',
    file: 'services/api/sessions/session-routes.ts',
    text: '...withoutPid(await act())',
    replacement: '...withoutPid(await act().catch(() => ({})))',
    tests: [
      {
        file: 'test/unit/api/bridge-failures.test.ts',
        title: 'api, while the bridge fails passes on that the bridge could not connect, disconnect or reset',
      },
    ],
  },
  {
    name: 'The api waits for ever for a server that takes a connection and does not answer',
    kind: 'unbounded wait',
    file: 'services/api/outbound/public-request.ts',
    text: 'timeout: { request: timeoutMs },',
    replacement: 'timeout: { connect: timeoutMs },',
    tests: [
      {
        file: 'test/unit/api/webhooks/failures.test.ts',
        title:
          'webhooks, with a receiver that misbehaves give up on one that does not answer in time, and try again',
      },
    ],
  },
  {
    name: 'A client can send the medium of another message by its id',
    kind: 'unsafe comparison',
    file: 'services/api/media/media.ts',
    text: ".where('message_id', 'is', null)",
    replacement: '',
    tests: [
      {
        file: 'test/conformance/api/outbox/media.test.ts',
        title: 'api on sqlite, given a file does not take the medium of another message for an upload',
      },
    ],
  },
  {
    name: 'A message waits for ever behind one that was sent',
    kind: 'unbounded wait',
    file: 'services/api/store/migrations.ts',
    text: 'update messages set behind = null where behind = old.seq;',
    replacement: 'update messages set behind = null where behind = old.seq and 1 = 0;',
    tests: [{ file: HEADS, title: 'are those of the model after every change of a message' }],
  },
  {
    name: 'A message waits behind one of another account',
    kind: 'wrong account',
    file: 'services/api/outbox/heads/ahead.ts',
    text: `and coalesce(account, '') = \${account} and`,
    replacement: `and coalesce(account, '') >= '' and \${account} >= '' and`,
    tests: [{ file: HEADS, title: 'are those of the model after every change of a message' }],
  },
  {
    name: 'A message is noted to be behind one that ends at the same moment, and waits for ever',
    kind: 'unbounded wait',
    file: 'services/api/outbox/heads/ahead.ts',
    text: 'order by seq for share',
    replacement: 'order by seq',
    tests: [
      {
        file: 'test/conformance/api/outbox/heads-race.test.ts',
        title: 'leaves no message behind one that is sent before that is noted',
        tier: 'system',
      },
    ],
  },
  {
    name: 'Each look goes through all messages of a chat whose first one waits',
    kind: 'retry too many',
    file: 'services/api/outbox/next-per-chat.ts',
    text: 'if (behind.length > TOLERATED) await',
    replacement: 'if (behind.length < 0) await',
    tests: [
      {
        file: 'test/conformance/api/outbox/waiting.test.ts',
        title: 'at the cost of an empty one: one chat whose first message is paced',
        tier: 'system',
      },
    ],
  },
];
