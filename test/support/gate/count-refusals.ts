import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import { waitFor } from './test-gate.ts';

export interface Refusals extends Disposable {
  /** Waits until so many connections were refused since the count began. */
  until(count: number): Promise<void>;
}

/**
 * Counts the connections of this process that a port on loopback refuses. Both gates probe a service that is away from
 * this process, so that a second refusal shows that a request waits for it.
 */
export function countRefusals(port: number): Refusals {
  let count = 0;
  const onSocket = (message: unknown): void => {
    if (typeof message !== 'object' || message === null || !('socket' in message)) return;
    if (!(message.socket instanceof Socket)) return;
    message.socket.once('error', (error) => {
      if ('code' in error && error.code === 'ECONNREFUSED' && 'port' in error && error.port === port)
        count += 1;
    });
  };
  subscribe('net.client.socket', onSocket);
  return {
    until: (wanted) => waitFor(() => count >= wanted, `${wanted} refusals of port ${port}`),
    [Symbol.dispose]: () => void unsubscribe('net.client.socket', onSocket),
  };
}
