import { crc32 } from 'node:zlib';
import { type BridgeEvent, bridgeEventSchema } from '../../contract/events.ts';

/** An event in the spool, with its place in the order of all events that were ever spooled. */
export interface SpooledEvent {
  readonly seq: number;
  readonly event: BridgeEvent;
}

const NEWLINE = 0x0a;

/**
 * One line of a segment: the checksum of the rest as 8 hexadecimal digits, the number, the event as JSON. JSON holds no
 * raw line break, so that what is torn or garbled ends at the next one.
 */
export function toLine({ seq, event }: SpooledEvent): string {
  return `${withChecksum(`${seq} ${JSON.stringify(event)}`)}\n`;
}

/** What a line without its line break holds; undefined when it is torn, garbled or of another version. */
export function readLine(line: Buffer): SpooledEvent | undefined {
  const text = checkedText(line.toString('utf8'));
  const [, seq, json] = /^(\d+) (.*)$/s.exec(text ?? '') ?? [];
  if (seq === undefined || json === undefined) return undefined;
  const event = bridgeEventSchema.safeParse(parseJson(json)).data;
  return event === undefined ? undefined : { seq: Number(seq), event };
}

/** The lines of a piece of a segment, each with where the next begins; what is behind the last line break is left out. */
export function* linesOf(piece: Buffer): Generator<{ readonly line: Buffer; readonly end: number }> {
  for (let start = 0; ; ) {
    const newline = piece.indexOf(NEWLINE, start);
    if (newline < 0) return;
    yield { line: piece.subarray(start, newline), end: newline + 1 };
    start = newline + 1;
  }
}

/** The text behind its checksum; undefined when they do not fit. */
export function checkedText(line: string): string | undefined {
  const text = line.slice(9);
  return line === withChecksum(text) ? text : undefined;
}

export function withChecksum(text: string): string {
  return `${crc32(text).toString(16).padStart(8, '0')} ${text}`;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // What is no JSON is no event either.
  }
}
