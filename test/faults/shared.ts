import type { Fault } from './fault.ts';

const RESOLVER = 'test/unit/api/outbound/resolver.test.ts';
const READS = 'test/unit/api/store/fair-reads.test.ts';
const SHARES = 'test/unit/gate/connections/connection-shares.test.ts';
const MEMORY = 'test/unit/api/media/body-memory.test.ts';
const FULL = 'test/conformance/api/outbox/full-store.test.ts';
const RETENTION = 'test/conformance/api/store/retention.test.ts';
const KEYED = 'test/conformance/gate/admission/keyed-bodies.test.ts';
const READERS = 'test/unit/api/events/unread-streams.test.ts';

/** Faults in how the api shares what is scarce: lookups of names, reads of the database, open readers. */
export const faults: readonly Fault[] = [
  {
    name: 'A name that DNS never answers goes to the thread pool of the system',
    kind: 'missing limit',
    file: 'services/api/outbound/resolver.ts',
    text: "if (answer === 'silence') throw noAnswer(name);",
    replacement: "if (answer === 'silence') break;",
    tests: [
      {
        file: RESOLVER,
        title:
          'names of URLs and of the database are given up in the end when DNS never answers or fails, and never go to the pool of the system',
      },
    ],
  },
  {
    name: 'A name without addresses in DNS is not asked of the system',
    kind: 'swallowed error',
    file: 'services/api/outbound/resolver.ts',
    text: "if (codes.includes('ENOTFOUND') || codes.every((code) => UNKNOWN.includes(code))) return 'unknown';",
    replacement: "if (codes.includes('ENOTFOUND')) return 'unknown';",
    tests: [
      {
        file: RESOLVER,
        title: 'names of URLs and of the database are asked of the system when DNS does not know them',
      },
    ],
  },
  {
    name: 'One domain takes every lookup of media',
    kind: 'missing limit',
    file: 'services/api/outbound/purposes.ts',
    text: 'holderOf: domainOf',
    replacement: 'holderOf: (name) => name',
    tests: [
      {
        file: 'test/unit/api/outbound/dead-dns.test.ts',
        title:
          '60 media URLs whose DNS never answers are refused beyond a limit for each domain and in all, which readiness shows',
      },
    ],
  },
  {
    name: 'Pages of the log are read for all clients at once',
    kind: 'missing limit',
    file: 'services/api/store/fair-reads.ts',
    text: 'while (this.#running < this.#atOnce())',
    replacement: 'while (this.#running < 1_000)',
    tests: [
      {
        file: READS,
        title: 'reads of many rows run 1 at a time, and everything else has a turn between two',
      },
      { file: READS, title: 'reads of many rows let a send through before the next few, however many wait' },
    ],
  },
  {
    name: 'A client that asks for much is read to its end before the next one',
    kind: 'unbounded wait',
    file: 'services/runtime/fair-queue.ts',
    text: 'this.#lines.delete(holder);',
    replacement: 'if (line.length === 0) this.#lines.delete(holder);',
    tests: [
      { file: READS, title: 'reads of many rows take turns by client, whoever has asked for more' },
      {
        file: READERS,
        title:
          'streams that are all far behind leave a page between two of theirs to another client, however many they are',
      },
    ],
  },
  {
    name: 'A stream that has ended keeps its place',
    kind: 'missing limit',
    file: 'services/api/events/event-stream.ts',
    text: "response.once('close', lease.release);",
    replacement: "response.once('never', lease.release);",
    tests: [
      {
        file: READERS,
        title:
          'readers of events that hold a connection are refused beyond the share of their client, of whatever kind, and let in when one has gone',
      },
    ],
  },
  {
    name: 'A client with few connections gets none while another holds all',
    kind: 'missing limit',
    file: 'services/gate/connections/connection-shares.ts',
    text: 'if (holder.name !== client && idlest !== undefined) return idlest;',
    replacement: 'if (holder.name === client && idlest !== undefined) return idlest;',
    tests: [
      {
        file: SHARES,
        title: 'close the longest idle one of the client that has most for a client that has fewer',
      },
    ],
  },
  {
    name: 'Bodies are read whether or not there is memory for them',
    kind: 'missing limit',
    file: 'services/api/media/body-memory.ts',
    text: 'if (bytes < COUNTED_FROM_BYTES) return;',
    replacement: 'if (bytes > COUNTED_FROM_BYTES) return;',
    tests: [
      {
        file: MEMORY,
        title: 'is not given to more bodies than there is room for, and one client leaves some to the others',
      },
    ],
  },
  {
    name: 'Events that a webhook still wants are removed to make room',
    kind: 'wrong state',
    file: 'services/api/store/retention/by-size.ts',
    text: 'const isEventTaken = event !== undefined && event.seq <= taken;',
    replacement: 'const isEventTaken = event !== undefined && event.seq <= taken + 1e9;',
    tests: [
      {
        file: RETENTION,
        title: 'never removes by size what a webhook still wants, and says so when nothing else is left',
      },
    ],
  },
  {
    name: 'Events that their age removes are missing without a trace',
    kind: 'swallowed error',
    file: 'services/api/store/retention/unseen-events.ts',
    text: "row('lost', '+', count)",
    replacement: "row('lost', '+', 0)",
    tests: [
      {
        file: RETENTION,
        title:
          'removes events by their age that a webhook still wants, and the webhook shows how many it has lost',
      },
    ],
  },
  {
    name: 'Media take all of the disk',
    kind: 'missing limit',
    file: 'services/api/media/media-room.ts',
    text: 'const isFull = this.#bytes + bytes > this.#maxBytes;',
    replacement: 'const isFull = bytes > this.#maxBytes;',
    tests: [
      {
        file: FULL,
        title: 'refuses media beyond their own room, keeps half of it for messages, and still takes texts',
      },
    ],
  },
  {
    name: 'nginx keeps the body of a sender without a key',
    kind: 'header let through',
    file: 'nginx/render-locations.ts',
    text: 'if ($body_size = small)',
    replacement: 'if ($body_size = none)',
    tests: [
      {
        file: KEYED,
        title:
          'answers 401 to a body of 64,999 bytes without a key while the body is still to come, and the service gets none of it',
        tier: 'system',
      },
    ],
  },
];
