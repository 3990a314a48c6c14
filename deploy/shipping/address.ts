import type { Address, Shipment } from './target.ts';

/** Where the kit is reached: as the command line says, by its own domain, or else as the platform tells. */
export function addressOf<Otherwise extends Address | undefined>(
  { url, deployment: { domain } }: Shipment,
  otherwise: Otherwise,
): Address | Otherwise {
  return url ?? (domain === undefined ? otherwise : `https://${domain}`);
}
