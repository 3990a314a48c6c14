import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import { assertNoProcesses, forbidProcesses } from './no-processes.ts';
import { processorMs } from './processor-time.ts';
import type { ResultLine } from './results.ts';

/** A worker that writes coverage needs this long on a busy machine. */
const WRITES_WITHIN_MS = 20_000;

/**
 * Mocha sends SIGTERM to a worker that is still running a second after its last file. The worker may then still write
 * its coverage, and without this handler the coverage of all its files was lost. Handles that a test left open do not
 * keep the worker alive.
 */
if (process.env.MOCHA_WORKER_ID !== undefined) {
  process.on('SIGTERM', () => setTimeout(() => process.exit(), WRITES_WITHIN_MS).unref());
  // Ctrl-C reaches all processes of the terminal. An exit ends what the worker has started (`endWithTests`, puppeteer);
  // a death by the signal would leave it.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
}

/** Mocha loads this file in each worker, and runs these hooks around each test file. */
let lastCpuMs = processorMs();
let sinceMs = 0;

export const mochaHooks = {
  beforeAll(): void {
    // Not when this file is loaded: mocha's main process loads it too, and starts the workers.
    if (process.env.TEST_TIER === 'unit') forbidProcesses();
    sinceMs = performance.now();
  },
  afterEach(this: Mocha.Context): void {
    const error = this.currentTest?.err;
    // Workers send the enumerable fields of an error, and the cause is not one of them.
    if (error?.cause !== undefined) Object.defineProperty(error, 'cause', { enumerable: true });
    assertNoProcesses();
  },
  afterAll(this: Mocha.Context): void {
    const results = process.env.TEST_RESULTS;
    const { suites, tests } = this.test?.parent ?? { suites: [], tests: [] };
    const file = suites[0]?.file ?? tests[0]?.file;
    const cpuMs = processorMs();
    if (results === undefined || file === undefined) return;
    const line: ResultLine = {
      kind: 'file',
      file: relative(process.cwd(), file),
      wallMs: Math.round(performance.now() - sinceMs),
      cpuMs: cpuMs - lastCpuMs,
    };
    lastCpuMs = cpuMs;
    appendFileSync(results, `${JSON.stringify(line)}\n`);
  },
};
