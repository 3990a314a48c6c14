import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKit } from '../support/kit/kit.ts';
import { type Figure, toFigure } from './figure.ts';
import { median, summary } from './median.ts';

const RUNS = 5;
/** What the self-test of the page may cost a start. */
const MOST_TEST_MS = 300;
const TOOK = /the self-test of the page took (\d+) ms/;
const ENV = { WHATSAPP: 'sandbox', SANDBOX_ALLOWED: 'true', SANDBOX_AUTO_LINK: 'true', LOG_LEVEL: 'debug' };

interface Start {
  readonly readyMs: number;
  readonly testMs: number;
}

/** From spawning the kit to a session that is ready, on the sandbox: with a first link, and with the login of that run. */
export async function* measureReady(): AsyncGenerator<Figure> {
  const [first, again]: [Start[], Start[]] = [[], []];
  for (let run = 0; run < RUNS; run += 1) {
    const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
    first.push(await startToReady(dataDir));
    again.push(await startToReady(dataDir));
    rmSync(dataDir, { recursive: true, force: true });
  }
  const ready = again.map(({ readyMs }) => readyMs);
  const tests = [...first, ...again].map(({ testMs }) => testMs);
  yield toFigure({
    what: 'start to ready, on the sandbox, with a login that is there',
    value: ready,
    unit: 'ms',
    peer: `with a first link, ${summary(
      first.map(({ readyMs }) => readyMs),
      'ms',
    )}`,
  });
  yield toFigure({
    what: 'self-test of the page, a part of each start',
    value: tests,
    unit: 'ms',
    peer: `the whole start to ready, ${summary(ready, 'ms')}`,
    ratio: median(tests) / median(ready),
    target: { of: 'value', atMost: MOST_TEST_MS },
  });
}

async function startToReady(dataDir: string): Promise<Start> {
  const from = performance.now();
  await using kit = await startKit({ args: ['start'], env: ENV, dataDir });
  await kit.ready();
  const readyMs = performance.now() - from;
  const took = await kit.until('the time of the self-test', () => TOOK.exec(kit.output));
  return { readyMs, testMs: Number(took[1]) };
}
