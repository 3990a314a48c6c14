import type { ServerResponse } from 'node:http';
import type { Log } from '../runtime/log.ts';
import { maskSecrets } from '../runtime/mask-secrets.ts';
import { HEALTH_PATH, LIVE_PATH } from './contract/health-paths.ts';
import { LineBatch } from './line-batch.ts';
import type { RequestContext } from './request-context.ts';

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
  write(context: RequestContext, status: number, aborted: boolean): void {
    const { url = '', method = '' } = context.request;
    const isQuiet = status < 400 && (url === HEALTH_PATH || url === LIVE_PATH);
    if (!(isQuiet ? this.#writesQuiet : this.#writes)) return;
    const durationMs = Math.round((performance.now() - context.startedMs) * 10) / 10;
    let fields =
      `"method":"${method}","path":${JSON.stringify(maskSecrets(url))},"status":${status}` +
      `,"duration_ms":${durationMs},"bytes_in":${context.bytesIn},"bytes_out":${context.bytesOut}` +
      `,"request_id":"${context.clientInfo.requestId}","client":"${context.clientInfo.clientAddress}"`;
    if (context.service !== undefined) fields += `,"service":"${context.service}"`;
    if (context.code !== undefined) fields += `,"code":"${context.code}"`;
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
export function logResponse(accessLog: AccessLog, context: RequestContext, response: ServerResponse): void {
  const { writtenStatus } = context;
  const status = writtenStatus ?? (response.headersSent ? response.statusCode : CLIENT_LEFT);
  accessLog.write(context, status, writtenStatus === undefined && !response.writableFinished);
}

/** Writes the line of an upgrade. `aborted` means that the client did not get, or not take, the whole answer. */
export function logUpgrade(log: Log, context: RequestContext, status: number, aborted: boolean): void {
  createAccessLog(log).write(context, status, aborted);
}
