import { readFileSync } from 'node:fs';
import { startKit } from '../support/kit/kit.ts';
import { type Figure, toFigure } from './figure.ts';

const MOST_MB = 180;
const REQUESTS = 200;

/** The proportional memory of supervisor, gate and api once the kit is linked and has worked a little. */
export async function* measureMemory(): AsyncGenerator<Figure> {
  await using kit = await (await startKit()).ready();
  for (let count = 0; count < REQUESTS; count += 1) {
    await kit.post('/api/whatsapp/send', { chat_id: '15551234567', message: `message ${count}` });
  }
  const parts = [
    ['supervisor', kit.child.pid ?? 0],
    ['gate', kit.pidOf('gate')],
    ['api', kit.pidOf('api')],
  ] as const;
  const sizes = parts.map(([name, pid]) => [name, pssMb(pid)] as const);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  yield toFigure({
    what: `memory of supervisor, gate and api after ${REQUESTS} sends`,
    value: total,
    unit: 'MB PSS',
    peer: sizes.map(([name, size]) => `${name} ${size.toFixed(0)} MB`).join(', '),
    target: { of: 'value', atMost: MOST_MB },
  });
}

/** Proportional set size: shared pages counted by their share. Source: proc(5), `smaps_rollup`. */
function pssMb(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
