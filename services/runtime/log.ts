import pino, { type DestinationStream, type Logger } from 'pino';
import { writeToStandardOutput } from './standard-output.ts';

export type Log = Logger;

/** Names of fields that hold secrets: never written, wherever they stand in a logged object. */
const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'x-api-key',
  'x-gatehouse-secret',
  'sec-websocket-protocol',
  'apiKeys',
  'secret',
  'password',
];

/**
 * JSON lines on stdout, each with the service's name; the supervisor makes them readable on a terminal. A write never
 * waits: a service lives on while nobody reads its log.
 */
export function createLog(service: string, level: string, destination?: DestinationStream): Log {
  const stream = destination ?? { write: (text: string) => writeToStandardOutput(service, text) };
  const log = pino(
    {
      level,
      base: { name: service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [`["${field}"]`, `*["${field}"]`]),
        censor: '[secret]',
      },
    },
    stream,
  );
  destinations.set(log, stream);
  return log;
}

/** Where a log writes its lines, for a caller that puts lines together by itself. Throws for a log not made by `createLog`. */
export function destinationOf(log: Log): DestinationStream {
  const stream = destinations.get(log);
  if (stream === undefined) throw new Error('the log has no stream to write to');
  return stream;
}

const destinations = new WeakMap<Log, DestinationStream>();
