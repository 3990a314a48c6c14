import type { Client as UndiciClient, Pool as UndiciPool } from 'undici';

/** The two classes of undici that the gate calls services with. */
export interface Undici {
  readonly Client: typeof UndiciClient;
  readonly Pool: typeof UndiciPool;
}

/**
 * Loads undici from two files within it. Its index also loads fetch, WebSocket and caches: 60 ms and 13 MB that the gate
 * does not need. A version of undici without these files is loaded by its index (test/system/gate/private-parts.test.ts).
 */
export async function loadUndici(files: UndiciFiles = DEEP_FILES): Promise<Undici> {
  const [client, pool] = await Promise.allSettled([files.client(), files.pool()]);
  if (client.status === 'fulfilled' && pool.status === 'fulfilled') {
    const { default: Client } = client.value;
    const { default: Pool } = pool.value;
    if (Client !== undefined && Pool !== undefined) return { Client, Pool };
  }
  return await import('undici');
}

/** The files within undici. */
export interface UndiciFiles {
  client(): Promise<{ readonly default?: typeof UndiciClient }>;
  pool(): Promise<{ readonly default?: typeof UndiciPool }>;
}

const DEEP_FILES: UndiciFiles = {
  client: () => import('undici/lib/dispatcher/client.js'),
  pool: () => import('undici/lib/dispatcher/pool.js'),
};

export const { Client, Pool } = await loadUndici();
