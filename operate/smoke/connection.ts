import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import type { Target } from './target.ts';

/** The other side did not do something in time. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

export interface Limits {
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

/**
 * Where to connect, for Node's clients. The name for TLS is that of the target, which Node would otherwise take from
 * the header Host; addresses have none. Source: RFC 6066 §3.
 */
export function addressOf({ hostname, port }: Pick<Target, 'hostname' | 'port'>): {
  host: string;
  port: number;
  servername: string;
} {
  return { host: hostname, port, servername: isIP(hostname) === 0 ? hostname : '' };
}

/** An open connection, over TLS where the target speaks it; its certificate is checked unless told otherwise. */
export function openConnection(
  target: Pick<Target, 'hostname' | 'port' | 'isSecure'>,
  limits: Limits,
  tls: ConnectionOptions = {},
): Promise<Socket | TLSSocket> {
  const address = addressOf(target);
  const socket = target.isSecure
    ? connectTls({ ...address, ALPNProtocols: ['http/1.1'], ...tls })
    : connect(address);
  return new Promise((resolve, reject) => {
    const give = (error: unknown) => {
      end();
      socket.destroy();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const onAbort = () => give(limits.signal.reason);
    const late = setTimeout(
      () => give(new DeadlineError(`no connection within ${limits.withinMs} ms`)),
      limits.withinMs,
    );
    const end = () => {
      clearTimeout(late);
      limits.signal.removeEventListener('abort', onAbort);
    };
    socket.on('error', give); // Stays: a socket without a listener would end the process.
    socket.once(target.isSecure ? 'secureConnect' : 'connect', () => {
      end();
      resolve(socket);
    });
    if (limits.signal.aborted) onAbort();
    else limits.signal.addEventListener('abort', onAbort);
  });
}

/** What went wrong on the network, in words and with its code. */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describeError(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  if (['AbortError', 'TimeoutError'].includes(error.name))
    return 'it took longer than there was time for all';
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return `${error.message}${error.message.includes(code.slice(2, -1)) ? '' : code}`;
}
