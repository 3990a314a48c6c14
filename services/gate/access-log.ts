import type { ServerResponse } from 'node:http';
import { LineBatch } from '../runtime/line-batch.ts';
import type { Log } from '../runtime/log.ts';
import { LIVE_PATH } from './admission/admit.ts';
import type { Visit } from './request-context.ts';

/** As nginx names a request whose client left before there was an answer. */
const CLIENT_LEFT = 499;

/**
 * Where the lines of requests go. They are put together by hand and written many at once: one by one through the log,
 * they took a sixth of the gate's time. No field of theirs needs hiding. What went wrong goes to the log itself, at once.
 */
export class AccessLog {
  readonly #lines: LineBatch;
  readonly #writes: boolean;
  readonly #writesQuiet: boolean;

  constructor(log: Log) {
    this.#lines = new LineBatch(log);
    this.#writes = log.isLevelEnabled('info');
    this.#writesQuiet = log.isLevelEnabled('debug');
  }

  /** Somebody asks for health every few seconds, all day: only a bad answer is worth a line. */
  write(visit: Visit, status: number, aborted: boolean): void {
    const { url = '', method = '' } = visit.request;
    const isQuiet = status < 400 && (url === '/health' || url === LIVE_PATH);
    if (!(isQuiet ? this.#writesQuiet : this.#writes)) return;
    const durationMs = Math.round((performance.now() - visit.startedMs) * 10) / 10;
    let fields =
      `"method":"${method}","path":${JSON.stringify(withoutSecrets(url))},"status":${status}` +
      `,"duration_ms":${durationMs},"bytes_in":${visit.bytesIn},"bytes_out":${visit.bytesOut}` +
      `,"request_id":"${visit.edge.requestId}","client":"${visit.edge.clientAddress}"`;
    if (visit.service !== undefined) fields += `,"service":"${visit.service}"`;
    if (visit.code !== undefined) fields += `,"code":"${visit.code}"`;
    if (aborted) fields += ',"aborted":true';
    this.#lines.add(isQuiet ? 'debug' : 'info', fields, 'request');
  }
}

const accessLogs = new WeakMap<Log, AccessLog>();

/** The one of a log. */
export function createAccessLog(log: Log): AccessLog {
  const accessLog = accessLogs.get(log) ?? new AccessLog(log);
  accessLogs.set(log, accessLog);
  return accessLog;
}

/** Writes the line of a request that is over, well or not. */
export function logResponse(accessLog: AccessLog, visit: Visit, response: ServerResponse): void {
  const { writtenStatus } = visit;
  const status = writtenStatus ?? (response.headersSent ? response.statusCode : CLIENT_LEFT);
  accessLog.write(visit, status, writtenStatus === undefined && !response.writableFinished);
}

/** Writes the one line of a request. `aborted` means that the client did not get, or not take, the whole answer. */
export function logVisit(log: Log, visit: Visit, status: number, aborted: boolean): void {
  createAccessLog(log).write(visit, status, aborted);
}

/** A target without the values of query keys that carry secrets, nor the user of an absolute URL. */
export function withoutSecrets(target: string): string {
  const path = target.startsWith('/') ? target : target.replace(/\/\/[^/?#]*@/, '//[secret]@');
  return path.includes('?') ? path.replace(SECRET_QUERY, '$1=[secret]') : path;
}

const SECRET_QUERY = /([?&](?:key|token|api_key|apikey|access_token|secret|password))=[^&#]*/gi;
