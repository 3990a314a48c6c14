import { signalProcess } from '../../services/runtime/process/process-table.ts';
import { startKit } from '../support/kit/kit.ts';
import { type Figure, toFigure } from './figure.ts';
import { median, summary } from './median.ts';
import { untilLived } from './until-lived.ts';

const RUNS = 7;
const MOST_TIMES = 2;
/** Longer than a run must last to be no quick failure, or the wait before a restart is measured. */
const STABLE_MS = '200';

/** From kill -9 of the gate or the api to its first answer, against its own start, both by the supervisor's log. */
export async function* measureRestart(): AsyncGenerator<Figure> {
  await using kit = await (
    await startKit({
      args: ['start'],
      env: { PUPPETEER_EXECUTABLE_PATH: '/bin/false', RESTART_STABLE_MS: STABLE_MS },
    })
  ).up();
  for (const [service, path] of [
    ['gate', '/health/live'],
    ['api', '/api/whatsapp/status'],
  ] as const) {
    const [back, own]: [number[], number[]] = [[], []];
    for (let run = 0; run < RUNS; run += 1) {
      await untilLived(kit, service);
      const pid = kit.pidOf(service);
      const from = performance.now();
      signalProcess(pid, 'SIGKILL');
      const spawned = await kit.until('it is spawned', () =>
        kit.pidOf(service) === pid ? undefined : performance.now(),
      );
      await kit.until('it answers', async () => (await fetch(`${kit.origin}${path}`)).ok);
      const now = performance.now();
      back.push(now - from);
      own.push(now - spawned);
    }
    yield toFigure({
      what: `${service} back after kill -9`,
      value: back,
      unit: 'ms',
      peer: `its own start, ${summary(own, 'ms')}`,
      ratio: median(back) / median(own),
      target: { of: 'ratio', atMost: MOST_TIMES },
    });
  }
}
