import { type Known, normaliseJson, normaliseText } from '../normalise.ts';
import type { Exchange } from './exchange.ts';
import type { Response } from './parse-answer.ts';

/** Longer bodies than this are recorded by their beginning. */
const SHOWN_CHARACTERS = 20_000;

/** An exchange as readable text, in which only behaviour is left. */
export function writeAnswer({ responses, rest, end }: Exchange, known: Known, isOpaque: boolean): string {
  const parts = responses.map((response) => writeResponse(response, isOpaque));
  const other = rest.length > 0 ? `${rest.toString('latin1')}\n` : '';
  return normaliseText(`${parts.join('\n')}${other}(${end})\n`, known);
}

function writeResponse({ line, headers, body }: Response, isOpaque: boolean): string {
  const lines = headers.map(([name, value]) => `${name}: ${headerValue(name, value, body)}\n`);
  const shown = isOpaque ? `(${body.length > 0 ? 'a body' : 'no body'})\n` : writeBody(headers, body);
  return `${line}\n${lines.join('')}\n${shown}`;
}

/** The length follows from the body, which is recorded; it is of interest only if it is wrong. */
function headerValue(name: string, value: string, body: Buffer): string {
  if (name.toLowerCase() === 'content-length' && body.length === Number(value))
    return '<the length of the body>';
  // The body of GET has times and counters of another length.
  if (name.toLowerCase() === 'content-length' && body.length === 0 && value !== '0')
    return '<a length without body>';
  if (name.toLowerCase() === 'last-modified') return '<date>';
  return value;
}

function writeBody(headers: Response['headers'], body: Buffer): string {
  const text = body.toString('utf8');
  if (text === '') return '';
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  if (type.includes('event-stream')) return `${writeStream(text)}\n`;
  if (type.includes('json')) return `${writeJson(text)}\n`;
  if (headers.some(([name]) => name.toLowerCase() === 'sec-websocket-accept')) return writeFrames(body);
  return `${text.slice(0, SHOWN_CHARACTERS)}\n`;
}

/** A stream tells each client another time to wait, so that not all come back at once. */
function writeStream(text: string): string {
  return text
    .replace(/^data: (.*)$/gm, (_line, json: string) => `data: ${writeJson(json)}`)
    .replace(/^id: \d+$/gm, 'id: <seq>')
    .replace(/^retry: \d+$/gm, 'retry: <ms>');
}

function writeJson(text: string): string {
  try {
    return JSON.stringify(normaliseJson(JSON.parse(text)), undefined, 2);
  } catch {
    return text; // A part of a stream, or no JSON in spite of its type: recorded as it is.
  }
}

/** The texts of WebSocket frames from a server, which are never masked. Source: RFC 6455 §5.2. */
function writeFrames(bytes: Buffer): string {
  const frames: string[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const [first = 0, second = 0] = bytes.subarray(at, at + 2);
    const isLong = second === 126;
    if (isLong && at + 4 > bytes.length) break;
    const from = at + (isLong ? 4 : 2);
    const to = from + (isLong ? bytes.readUInt16BE(at + 2) : second);
    if (to > bytes.length) break;
    const isText = (first & 0x0f) === 1;
    frames.push(
      `frame ${first & 0x0f}: ${isText ? writeJson(bytes.toString('utf8', from, to)) : `${to - from} bytes`}\n`,
    );
    at = to;
  }
  return frames.join('');
}
