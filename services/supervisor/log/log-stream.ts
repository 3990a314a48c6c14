import { StringDecoder } from 'node:string_decoder';
import type { LogOutput } from '../../runtime/log-output.ts';

/** A line longer than this is cut in pieces, so that a service cannot fill the memory with one. */
const MAX_LINE = 65_536;

/** Writes one line of JSON, as pino makes it, in the form that the reader wants. */
export type LineWriter = (jsonLine: string) => void;

/** Many services' output as one stream of lines, each with its service's name. */
export class LogStream {
  readonly #write: LineWriter;
  readonly #open = new Map<string, { decoder: StringDecoder; rest: string }>();

  constructor(write: LineWriter) {
    this.#write = write;
  }

  /** Takes a piece of output; whole lines are written at once. */
  take(service: string, stream: 'stdout' | 'stderr', chunk: Buffer): void {
    const key = `${service}/${stream}`;
    const open = this.#open.get(key) ?? { decoder: new StringDecoder('utf8'), rest: '' };
    this.#open.set(key, open);
    const lines = (open.rest + open.decoder.write(chunk)).split('\n');
    open.rest = lines.pop() ?? '';
    for (const line of lines) this.#line(service, stream, line);
    while (open.rest.length > MAX_LINE) {
      this.#line(service, stream, open.rest.slice(0, MAX_LINE));
      open.rest = open.rest.slice(MAX_LINE);
    }
  }

  /** A service has ended: what it wrote without an end of line is a line. */
  end(service: string): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const open = this.#open.get(`${service}/${stream}`);
      if (open !== undefined) this.#line(service, stream, open.rest + open.decoder.end());
      this.#open.delete(`${service}/${stream}`);
    }
  }

  #line(service: string, stream: 'stdout' | 'stderr', line: string): void {
    if (line.trim() === '') return;
    this.#write(isOwnJson(line, service) ? line : wrap(service, stream, line));
  }
}

/** The pretty or plain way to an output. Pretty needs a library that is loaded only then. */
export async function createLineWriter(pretty: boolean, output: LogOutput): Promise<LineWriter> {
  if (!pretty) return (line) => output.write(`${line}\n`);
  const { prettyFactory } = await import('pino-pretty');
  const look = {
    colorize: process.stdout.isTTY && process.stdout.hasColors(),
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
    messageFormat: sayLine,
  };
  // A message says what matters; what went wrong shows all it has.
  const [brief, full] = [prettyFactory({ ...look, hideObject: true }), prettyFactory(look)];
  return (line) => output.write(TROUBLE.test(line) ? full(line) : brief(line));
}

const TROUBLE = /^\{"level":"(?:warn|error|fatal)"/;

/** The message of a line; of a request, what happened to it. */
function sayLine(line: Record<string, unknown>, messageKey: string): string {
  if (line[messageKey] !== 'request') return String(line[messageKey]);
  const { method, path, status, duration_ms, service = line.name, code } = line;
  return `${method} ${path} → ${status}${code === undefined ? '' : ` ${code}`} in ${duration_ms} ms (${service})`;
}

/** What a service of the kit logs already carries its name; anything else is wrapped. */
function isOwnJson(line: string, service: string): boolean {
  return line.startsWith('{"level":"') && line.endsWith('}') && line.includes(`"name":"${service}"`);
}

function wrap(name: string, stream: 'stdout' | 'stderr', msg: string): string {
  return JSON.stringify({
    level: stream === 'stderr' ? 'error' : 'info',
    time: new Date().toISOString(),
    name,
    msg,
  });
}
