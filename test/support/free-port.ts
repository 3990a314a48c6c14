import { createServer } from 'node:net';

/**
 * Below those that systems give to connections and to `listen(0)` (Linux: from 32,768; others: from 49,152), so that
 * nobody is given the port between the test's look and the start of what is to have it.
 */
const PORTS = { from: 10_000, below: 32_000 } as const;
const given = new Set<number>();

/** A port of 127.0.0.1 that nobody listens on, nor was given by this function before. */
export async function freePort(): Promise<number> {
  for (;;) {
    // At random, since other processes of the same run look for ports too.
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.below - PORTS.from));
    if (!given.has(port) && (await isFree(port))) {
      given.add(port);
      return port;
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('listening', () => resolve(true)).once('error', () => resolve(false));
    server.listen(port, '127.0.0.1');
  });
  if (isListening) await new Promise((resolve) => server.close(resolve));
  return isListening;
}
