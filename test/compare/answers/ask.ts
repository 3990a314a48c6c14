import { setTimeout as sleep } from 'node:timers/promises';
import { fieldOf } from '../json.ts';
import type { Ports } from '../kit-process.ts';
import type { Known } from '../normalise.ts';
import { type Exchange, exchange } from './exchange.ts';
import type { Row, Table } from './row.ts';
import { writeAnswer } from './write-answer.ts';

/** Where a table is asked, and what is the same in all its answers. */
export interface Setting {
  readonly ports: Ports;
  readonly known: Known;
  /** Values that rows have kept, and those given at the start. They are volatile, so answers show only their names. */
  readonly kept: Map<string, string>;
}

const REPEAT_MS = 100;
const REPEAT_WITHIN_MS = 30_000;

/** Asks each row of a table, one after the other, and returns the answers as text by area and name. */
export async function askTable({ area, rows }: Table, setting: Setting): Promise<Map<string, string>> {
  const answers = new Map<string, string>();
  for (const row of rows) {
    const name = `${area}: ${row.name}`;
    if (answers.has(name)) throw new Error(`two rows have the name "${name}"`);
    const answer = await askRow(row, setting);
    keepFields(row, answer, setting.kept);
    if (row.isSilent === true) continue;
    // Numbers of dead letters and the like are too short to replace everywhere.
    const kept = [...setting.kept]
      .filter(([, value]) => value.length > 6)
      .map(([key, value]) => [value, `<${key}>`] as const);
    answers.set(name, writeAnswer(answer, [...setting.known, ...kept], row.isOpaque === true));
  }
  return answers;
}

/** An answer that never becomes what the row waits for is recorded too: it differs from what the other side answered. */
async function askRow(row: Row, setting: Setting): Promise<Exchange> {
  const bytes = bytesOf(row, setting);
  const sinceMs = performance.now();
  for (;;) {
    const answer = await exchange(setting.ports[row.port ?? 'PORT'], bytes, row.cutAt);
    const text = answer.responses.map(({ line, body }) => `${line}\n${body.toString('utf8')}`).join('\n');
    if (row.until === undefined || text.includes(row.until)) return answer;
    if (performance.now() > sinceMs + REPEAT_WITHIN_MS) return answer;
    await sleep(REPEAT_MS);
  }
}

function bytesOf(row: Row, { ports, kept }: Setting): Buffer {
  const fill = (text: string) =>
    text.replace(/\{(\w+)\}/g, (mark, key: string) => kept.get(key) ?? portOf(ports, key) ?? mark);
  if (row.raw !== undefined) return Buffer.from(fill(row.raw).replaceAll('\n', '\r\n'), 'latin1');
  const { method = 'GET', path = '/', headers = {}, body } = row;
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(bodyText(body, fill), 'utf8');
  const all = {
    host: `localhost:${ports.PORT}`,
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(bytes.length) }),
    connection: 'close',
    ...headers,
  };
  const lines = Object.entries(all).map(([key, value]) => `${key}: ${fill(value)}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${fill(path)} HTTP/1.1\r\n${lines.join('')}\r\n`), bytes]);
}

function bodyText(body: unknown, fill: (text: string) => string): string {
  if (body === undefined) return '';
  return fill(typeof body === 'string' ? body : JSON.stringify(body));
}

function portOf(ports: Ports, key: string): string | undefined {
  const found = Object.entries(ports).find(([name]) => name === key);
  return found === undefined ? undefined : String(found[1]);
}

/** A field that is not there leaves its mark in later requests as it is. */
function keepFields(row: Row, { responses }: Exchange, kept: Map<string, string>): void {
  for (const [key, path] of Object.entries(row.keep ?? {})) {
    const text = responses.at(-1)?.body.toString('utf8') ?? '';
    const value = fieldOf(text.startsWith('{') ? JSON.parse(text) : undefined, ...path);
    if (typeof value === 'string' || typeof value === 'number') kept.set(key, String(value));
  }
}
