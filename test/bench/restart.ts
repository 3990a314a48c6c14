import { signalProcess } from '../../services/runtime/process/process-table.ts';
import { type Kit, startKit } from '../support/kit/kit.ts';
import { type Figure, toFigure } from './figure.ts';
import { median, summary } from './median.ts';

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
      await kit.until('it has lived for a while', async () => ((await ageMs(kit, service)) ?? 0) > 500);
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

async function ageMs(kit: Kit, service: string): Promise<number | undefined> {
  const { services } = await (await fetch(`${kit.origin}/health`)).json();
  return services[service]?.state === 'ready' ? Date.now() - Date.parse(services[service].since) : undefined;
}
