import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** What the server says of a name: addresses, that there is no such name, that it cannot say, or nothing at all. */
export type DnsAnswer = readonly string[] | 'unknown' | 'failure' | 'silence';

const TYPES: Readonly<Record<number, number>> = { 1: 4, 28: 6 };
const CODES = { unknown: 3, failure: 2 };
const HEADER_BYTES = 12;

/** A DNS server on this machine, over UDP, that says of each name and family of addresses what the test wants. */
export class DnsServer implements AsyncDisposable {
  /** Every question that came: the name, and the family of addresses that was asked for. */
  readonly asked: string[] = [];
  /** Names that the test does not name are unknown. */
  readonly #answer: (name: string, family: number) => DnsAnswer;
  readonly #socket: Socket;

  private constructor(answer: (name: string, family: number) => DnsAnswer) {
    this.#answer = answer;
    this.#socket = createSocket('udp4', (question, { port, address }) => {
      const reply = this.#reply(question);
      if (reply !== undefined) this.#socket.send(reply, port, address);
    });
  }

  static async start(answer: (name: string, family: number) => DnsAnswer): Promise<DnsServer> {
    const server = new DnsServer(answer);
    server.#socket.bind(0, '127.0.0.1');
    await once(server.#socket, 'listening');
    return server;
  }

  get servers(): [string] {
    return [`127.0.0.1:${this.#socket.address().port}`];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  /** Source: RFC 1035 §4.1. */
  #reply(question: Buffer): Buffer | undefined {
    const labels: string[] = [];
    let at = HEADER_BYTES;
    for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
      labels.push(question.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const family = TYPES[question.readUInt16BE(at + 1)] ?? 0;
    const name = labels.join('.').toLowerCase();
    this.asked.push(`${name} ${family}`);
    const answer = this.#answer(name, family);
    if (answer === 'silence') return undefined;
    const addresses = typeof answer === 'string' ? [] : answer.filter((each) => isIP(each) === family);
    const header = Buffer.alloc(HEADER_BYTES);
    question.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 + (typeof answer === 'string' ? CODES[answer] : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(addresses.length, 6);
    return Buffer.concat([header, question.subarray(HEADER_BYTES, at + 5), ...addresses.map(toRecord)]);
  }
}

/** The name by a pointer to the question, the type, the class, a minute to live, and the address. */
function toRecord(address: string): Buffer {
  const bytes = ipaddr.parse(address).toByteArray();
  const type = bytes.length === 4 ? 1 : 28;
  return Buffer.from([0xc0, HEADER_BYTES, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length, ...bytes]);
}
