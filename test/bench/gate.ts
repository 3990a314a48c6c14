import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureLatency } from './gate-latency.ts';
import { Load, requireProgram } from './gate-load.ts';
import { measureSlowReaders, measureWebSockets } from './gate-memory.ts';
import { measureDownloads, measureUploads } from './gate-rates.ts';
import type { Figure } from './main.ts';

/**
 * Each gate against an nginx written by hand, against the proxies of the field and against no proxy at all. Throws, with
 * what to install, when nginx or wrk is missing.
 */
export async function measureGate(): Promise<Figure[]> {
  requireProgram('nginx', ['-v'], 'nginx-light');
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  try {
    const load = new Load(folder);
    return [
      ...(await measureDownloads(load, folder)),
      ...(await measureUploads(load, folder)),
      ...(await measureLatency(folder)),
      ...(await measureWebSockets(load, folder)),
      ...(await measureSlowReaders(load, folder)),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
