import type { ServerResponse } from 'node:http';
import type { Log } from '../runtime/log.ts';
import { LIVE_PATH } from './admit.ts';
import type { Visit } from './visit.ts';

/** As nginx names a request whose client left before there was an answer. */
const CLIENT_LEFT = 499;

/** Its lines carry no field that needs hiding, and looking for some would take a third of the time of a line. */
export function createAccessLog(log: Log): Log {
  return log.child({}, { redact: [] });
}

/** Writes the line of a request that is over, well or not. */
export function logResponse(log: Log, visit: Visit, response: ServerResponse): void {
  logVisit(log, visit, response.headersSent ? response.statusCode : CLIENT_LEFT, !response.writableFinished);
}

/** Writes the one line of a request. `aborted` means that the client did not get, or not take, the whole answer. */
export function logVisit(log: Log, visit: Visit, status: number, aborted: boolean): void {
  const quiet = status < 400 && isHealthPath(visit.request.url ?? '');
  log[quiet ? 'debug' : 'info'](
    {
      method: visit.request.method,
      path: withoutSecrets(visit.request.url ?? ''),
      status,
      duration_ms: Math.round((performance.now() - visit.startedMs) * 10) / 10,
      bytes_in: visit.bytesIn,
      bytes_out: visit.bytesOut,
      request_id: visit.edge.requestId,
      client: visit.edge.clientAddress,
      service: visit.service,
      code: visit.code,
      aborted: aborted ? true : undefined,
    },
    'request',
  );
}

/** Somebody asks every few seconds, all day: only a bad answer is worth a line. */
function isHealthPath(target: string): boolean {
  return target === '/health' || target === LIVE_PATH;
}

/** A target without the values of query keys that carry secrets, nor the user of an absolute URL. */
export function withoutSecrets(target: string): string {
  const path = target.startsWith('/') ? target : target.replace(/\/\/[^/?#]*@/, '//[secret]@');
  return path.includes('?') ? path.replace(SECRET_QUERY, '$1=[secret]') : path;
}

const SECRET_QUERY = /([?&](?:key|token|api_key|apikey|access_token|secret|password))=[^&#]*/gi;
