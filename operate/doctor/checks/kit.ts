import { isOn, type ServiceDeclaration, topology } from '#config';
import { type Check, type Finding, found, good } from '../check.ts';
import { type Context, isDeployed } from '../context.ts';
import type { KitProcesses } from '../kit-processes.ts';

/** Whether the kit runs at all, once, and whole. */
export const kitRuns: Check = {
  id: 'kit-runs',
  title: 'The kit runs',
  group: 'Running',
  where: 'machine',
  finds: 'nothing answers at all; two kits on one DATA_DIR; a supervisor that was killed',
  run: ({ kit, config }: Context) => {
    if (!kit.canSee) return [];
    const declared: readonly ServiceDeclaration[] = topology;
    const wanted = declared.flatMap(({ name }) => (isOn(name, config) ? [name] : []));
    return judgeKit(kit, wanted, isDeployed({ config }));
  },
};

export function judgeKit(
  { services, supervisor, elsewhere }: KitProcesses,
  wanted: readonly string[],
  isContainer: boolean,
): Finding[] {
  const runs = new Set(services.flatMap(({ run }) => run ?? []));
  const seen = services.map(({ service, pid }) => `${service} is pid ${pid}`);
  const holder =
    supervisor === undefined
      ? 'no supervisor has the lock of DATA_DIR'
      : `the supervisor in the lock of DATA_DIR is pid ${supervisor.pid}, which ${supervisor.isAlive ? 'lives' : 'is gone'}`;
  if (runs.size > 1)
    return [
      found(
        'warning',
        [holder, `${runs.size} runs of the kit on one DATA_DIR: ${seen.join(', ')}`],
        'a deploy is under way that takes over (TAKE_OVER=true), or one of them was left behind',
        'look again in a minute; if both are still there, stop the older one',
      ),
    ];
  if (services.length === 0)
    return supervisor?.isAlive === true
      ? [
          found(
            'warning',
            holder,
            'its services cannot be seen: they belong to another user, or have just ended',
            'call the doctor as the user of the kit: docker exec -u node …, sudo -u USER …',
          ),
        ]
      : [
          found(
            'error',
            [
              holder,
              'no service of the kit runs on this DATA_DIR',
              ...(elsewhere.length === 0
                ? []
                : [`a kit on another DATA_DIR runs here: its gate is pid ${elsewhere.join(', ')}`]),
            ],
            supervisor === undefined
              ? 'it was not started here, or with another DATA_DIR'
              : 'its supervisor was killed: see "Memory", and the log before its end',
            elsewhere.length > 0
              ? 'call the doctor with the DATA_DIR of that kit (sudo cat /proc/PID/environ shows it), or start this one'
              : isContainer
                ? 'start the container, and see the end of its log'
                : 'make start',
          ),
        ];
  const missing = wanted.filter((name) => !services.some(({ service }) => service === name));
  return missing.length === 0 || runs.size === 0
    ? good(seen.join(', '))
    : [
        found(
          'error',
          [holder, ...seen],
          `${missing.join(' and ')} ${missing.length === 1 ? 'does' : 'do'} not run: starting, restarting, or given up after a crash loop`,
          'see "Services" below, and the log of each; a supervisor without a terminal tries again on SIGHUP',
        ),
      ];
}
