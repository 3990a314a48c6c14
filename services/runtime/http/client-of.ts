import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { networkOf } from '../../contract/client-network.ts';

/** The client of a request that has come through the gate, as its limits count clients. The gate writes the header. */
export function clientOf({ 'x-forwarded-for': forwarded = '' }: IncomingHttpHeaders): string {
  return networkOf(firstOf(String(forwarded)));
}

/** The address of the client. Trust it only in a request that has shown the boot secret. */
export function clientAddressOf({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): string {
  return firstOf(String(headers['x-forwarded-for'] ?? '')) || (socket.remoteAddress ?? '');
}

function firstOf(list: string): string {
  return (list.split(',', 1)[0] ?? '').trim();
}
