import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from '../figure.ts';
import { measureLatency } from './latency.ts';
import { Load } from './load.ts';
import { measureSlowReaders, measureWebSockets } from './memory.ts';
import { measureDownloads, measureUploads } from './rates.ts';

/** Each gate against an nginx written by hand, against the proxies of the field and against no proxy at all. */
export async function* measureGate(): AsyncGenerator<Figure> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  try {
    const load = new Load(folder);
    yield* measureDownloads(load, folder);
    yield* measureUploads(load, folder);
    yield* measureLatency(folder);
    yield* measureWebSockets(load, folder);
    yield* measureSlowReaders(load, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
