import type { IncomingHttpHeaders } from 'node:http';
import { networkOf } from '../../contract/client-network.ts';

/** The client of a request that has come through the gate, as its limits count clients. The gate writes the header. */
export function clientOf({ 'x-forwarded-for': forwarded = '' }: IncomingHttpHeaders): string {
  const [address = ''] = String(forwarded).split(',');
  return networkOf(address.trim());
}
