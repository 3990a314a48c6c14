import type { Address, GateRoute } from '../../services/gate/contract/options.ts';

/** What the gate under test is told to expose, and to whom. */
export function routesTo(service: string, upstream: Address): GateRoute[] {
  const common = { service, kit: true, upstream, exact: false, upgrade: false };
  return [
    { ...common, prefix: '/api' },
    { ...common, prefix: '/api/media', exact: true, maxBodyBytes: MEDIA_BODY_BYTES },
    { ...common, prefix: '/ws', upgrade: true },
    { ...common, prefix: '/health', exact: true },
  ];
}

export const DENIED = ['/internal', '/bridge', '/control'] as const;

export const MAX_HEADER_BYTES = 16_384;
export const MAX_BODY_BYTES = 2_048;
const MEDIA_BODY_BYTES = 8_192;

/** The route that a path, as whoever reads it, leads to; undefined where nothing is exposed. */
export function exposedAt(path: string): { upgrade: boolean; maxBodyBytes: number } | undefined {
  if (path === '/health') return { upgrade: false, maxBodyBytes: MAX_BODY_BYTES };
  if (path === '/api/media') return { upgrade: false, maxBodyBytes: MEDIA_BODY_BYTES };
  const [, first] = path.split('/');
  if (first !== 'api' && first !== 'ws') return undefined;
  return { upgrade: first === 'ws', maxBodyBytes: MAX_BODY_BYTES };
}
