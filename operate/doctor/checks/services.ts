import { z } from 'zod';
import { jsonOf } from '../ask.ts';
import { type Check, type Finding, found, good } from '../check.ts';

const serviceSchema = z.object({
  state: z.string(),
  restarts: z.number().default(0),
  since: z.string().optional(),
  reason: z.string().optional(),
});
export const healthSchema = z.object({
  status: z.string(),
  whatsapp_ready: z.boolean(),
  whatsapp: z.object({ state: z.string(), since: z.string().optional(), reason: z.string().optional() }),
  storage: z.object({ state: z.string(), since: z.string().optional() }).optional(),
  services: z.record(z.string(), serviceSchema),
  uptime_s: z.number().optional(),
});
export type Health = z.infer<typeof healthSchema>;

/** More in one life of the kit is no accident. */
const MANY_RESTARTS = 3;

/** What the health tree says of each service. */
export const services: Check = {
  id: 'services',
  title: 'Services',
  group: 'Running',
  where: 'both',
  finds: '503 with Retry-After; a service in a crash loop; a store that cannot be written',
  run: async ({ ask }) => {
    const health = healthSchema.safeParse(jsonOf(await ask('/health')));
    return health.success ? judgeServices(health.data) : []; // "Public address" says what came instead.
  },
};

export function judgeServices({ services: all, storage, uptime_s: uptime }: Health): Finding[] {
  const findings = Object.entries(all).flatMap(([name, service]) => judgeService(name, service));
  if (storage?.state === 'full' || storage?.state === 'unavailable')
    findings.push(
      found(
        'error',
        `storage is ${storage.state}${storage.since === undefined ? '' : ` since ${storage.since}`}`,
        storage.state === 'full'
          ? 'the disk has no room left: sends are refused with 507'
          : 'the database cannot be reached or used: sends are refused with 503',
        storage.state === 'full'
          ? 'free or enlarge the volume; the kit goes on by itself'
          : 'see the log of the api, and "Database" of a doctor on that machine',
      ),
    );
  return findings.length > 0
    ? findings
    : good(`${Object.keys(all).join(', ')} are ready${uptime === undefined ? '' : `, up for ${uptime} s`}`);
}

function judgeService(
  name: string,
  { state, restarts, since, reason }: z.infer<typeof serviceSchema>,
): Finding[] {
  const evidence = `${name} is ${state}${since === undefined ? '' : ` since ${since}`}, restarted ${restarts} times${reason === undefined ? '' : `: ${reason}`}`;
  if (state === 'failed')
    return [
      found(
        'error',
        evidence,
        `${name} ended again and again, and is tried only now and then`,
        `mend what its log says (lines of ${name}), then restart the kit, or send SIGHUP to a supervisor without a terminal`,
      ),
    ];
  if (state !== 'ready')
    return [
      found(
        'warning',
        evidence,
        `${name} takes no work now; the gate holds its requests for GATE_HOLD_MS, then answers 503 with Retry-After`,
        'look again in a minute; if it is still so, see its log',
      ),
    ];
  return restarts < MANY_RESTARTS
    ? []
    : [
        found(
          'warning',
          evidence,
          `${name} keeps ending and coming back`,
          'see its log before each end, and "Memory"',
        ),
      ];
}
