// A sender of events in a process of its own: `node event-sender-process.ts '{ …options }'`. Takes an event every
// millisecond, and writes the key of each to standard output as soon as it counts as kept.
import { setTimeout as wait } from 'node:timers/promises';
import pino from 'pino';
import { z } from 'zod';
import { EventSender } from '../../../services/bridge/events/event-sender.ts';

const optionsSchema = z.object({
  api: z.object({ host: z.string(), port: z.number() }),
  secret: z.string(),
  spoolDir: z.string(),
  round: z.number(),
});

const { round, ...options } = optionsSchema.parse(JSON.parse(process.argv[2] ?? ''));
const sender = new EventSender({
  ...options,
  session: 'test',
  spoolMaxBytes: 64 * 1024 ** 2,
  log: pino({ level: 'silent' }),
  onKept: (events) => void process.stdout.write(events.map(({ key }) => `${key}\n`).join('')),
});
for (let number = 0; ; number += 1) {
  const at = new Date().toISOString();
  const key = `${round}/${number}`;
  sender.take({ session: 'test', key, at, kind: 'state', data: { state: 'ready', since: at } });
  await wait(1);
}
