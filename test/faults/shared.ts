import type { Fault } from './fault.ts';

const RESOLVER = 'test/unit/api/outbound/resolver.test.ts';
const READS = 'test/unit/api/store/fair-reads.test.ts';
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
];
