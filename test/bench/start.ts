import { spawnSync } from 'node:child_process';
import { get } from 'node:http';
import { startKit } from '../support/kit/kit.ts';
import { until } from '../support/until.ts';
import { type Figure, toFigure } from './figure.ts';
import { median, summary } from './median.ts';

const RUNS = 9;
const MOST_TIMES = 10;

/** From spawning the kit to 200 on /health/live, against a Node that does nothing, in turn. */
export async function* measureStart(): AsyncGenerator<Figure> {
  const [kit, bare]: [number[], number[]] = [[], []];
  await startToLive(); // The first run fills the compile cache, as it does for a user.
  for (let run = 0; run < RUNS; run += 1) {
    bare.push(bareNode());
    kit.push(await startToLive());
  }
  yield toFigure({
    what: 'start to /health/live',
    value: kit,
    unit: 'ms',
    peer: `node -e 0, ${summary(bare, 'ms')}`,
    ratio: median(kit) / median(bare),
    target: { of: 'ratio', atMost: MOST_TIMES },
  });
}

function bareNode(): number {
  const from = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return performance.now() - from;
}

async function startToLive(): Promise<number> {
  const from = performance.now();
  await using kit = await startKit({ args: ['start'], env: { PUPPETEER_EXECUTABLE_PATH: '/bin/false' } });
  await until('it is live', () => isLive(`${kit.origin}/health/live`), { withinMs: 20_000 });
  return performance.now() - from;
}

function isLive(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, { agent: false }, (response) => resolve(response.resume().statusCode === 200)).on('error', () =>
      resolve(false),
    );
  });
}
