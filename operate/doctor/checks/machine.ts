import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Config, profiles } from '#config';
import { argumentsOf } from '../../../services/runtime/process/process-table.ts';
import { type Check, type Finding, found, good } from '../check.ts';
import { type Context, isDeployed, platformName } from '../context.ts';
import { processesOf } from '../kit-processes.ts';
import type { Variables } from '../load-leniently.ts';

const LEAST_NODE = 24;

/** The Node that runs this. */
export const nodeVersion: Check = {
  id: 'node-version',
  title: 'Node',
  group: 'Machine',
  where: 'machine',
  finds: 'syntax errors at start: a Node that does not strip types',
  run: () => judgeNode(process.versions.node),
};

export function judgeNode(version: string): Finding[] {
  return Number.parseInt(version, 10) >= LEAST_NODE
    ? good(version)
    : [
        found(
          'error',
          `this is Node ${version}`,
          `the kit needs Node ${LEAST_NODE}, which strips the types of TypeScript`,
          'call it by make, or as npx gatehouse, which bring the right one',
        ),
      ];
}

/** The first process of a container, which gets its stop signal. */
export const firstProcess: Check = {
  id: 'first-process',
  title: 'First process',
  group: 'Machine',
  where: 'machine',
  finds: 'stops that take the whole grace and end with SIGKILL: npm start or a shell as the main process',
  run: () => judgeFirstProcess(argumentsOf(1)),
};

const PACKAGE_RUNNERS = /^(npm|npx|yarn|pnpm|pnpx|bun)(-cli)?(\.c?js)?$/;
const SHELLS = /^-?(ba|da|a|z|k)?sh$/;

/** npm names itself `npm start`, in one argument. */
export function judgeFirstProcess(args: readonly string[]): Finding[] {
  const words = args.flatMap((argument, index) => (index === 0 ? argument.split(' ') : [argument]));
  const [program = '', script = ''] = words.map((word) => basename(word));
  if (program === '') return [];
  const runner = [program, script].find((word) => PACKAGE_RUNNERS.test(word));
  const shell = SHELLS.test(program) && words.includes('-c');
  if (runner === undefined && !shell) return good(program);
  return [
    found(
      'error',
      `process 1 is ${runner ?? `${program} -c`}`,
      runner === undefined
        ? 'a shell that waits for its child does not hand SIGTERM on: nothing drains, and SIGKILL ends it'
        : `${runner} as the main process swallows SIGTERM: nothing drains, and SIGKILL ends it`,
      'let the start command be: node bin/gatehouse.js start (in a shell: exec node …), under an init such as tini',
    ),
  ];
}

/** Whether there is time to drain between the stop signal and SIGKILL. */
export const stopGrace: Check = {
  id: 'stop-grace',
  title: 'Time to stop',
  group: 'Machine',
  where: 'machine',
  finds: 'requests cut off, and a phone that must be linked anew, at each deploy: no time to drain',
  run: (context: Context) =>
    isDeployed(context) ? judgeGrace(context.config, context.env, platformName(context)) : [],
};

/** What must be set for Railway to wait at all; without it, it does not. */
const RAILWAY_GRACE = 'RAILWAY_DEPLOYMENT_DRAINING_SECONDS';
/** The browser alone takes 4 s to write its profile. */
const LEAST_GRACE_MS = 5_000;

export function judgeGrace(
  { profile, stop }: Pick<Config, 'profile' | 'stop'>,
  env: Variables,
  platform: string,
): Finding[] {
  const evidence = `STOP_GRACE_MS ${stop.graceMs}, DRAIN_MS ${stop.drainMs}`;
  if (profile === 'railway') {
    const given = env[RAILWAY_GRACE] ?? '';
    const grantedMs = /^\d+$/.test(given) ? Number(given) * 1_000 : 0;
    if (grantedMs < stop.graceMs)
      return [
        found(
          grantedMs < LEAST_GRACE_MS ? 'error' : 'warning',
          [
            evidence,
            given === '' ? `${RAILWAY_GRACE} is not set` : `${RAILWAY_GRACE} is ${grantedMs / 1_000} s`,
          ],
          grantedMs === 0
            ? 'Railway kills at once: SIGTERM to SIGKILL is 0 s'
            : 'Railway kills before the kit has drained',
          `set ${RAILWAY_GRACE}=${Math.ceil(stop.graceMs / 1_000)} as a variable of the service`,
        ),
      ];
  }
  const granted = profiles[profile].stopGraceMs;
  const isFixed = profile === 'cloudrun' || profile === 'heroku';
  if (isFixed && stop.graceMs > granted)
    return [
      found(
        'error',
        evidence,
        `${platform} kills after ${granted} ms, whatever is set`,
        'unset STOP_GRACE_MS and DRAIN_MS',
      ),
    ];
  if (stop.graceMs < LEAST_GRACE_MS)
    return [
      found(
        'warning',
        evidence,
        `the browser alone needs 4 s to write its profile`,
        `let the platform wait longer (docker: stop_grace_period, Fly: kill_timeout, Kubernetes: terminationGracePeriodSeconds), and set STOP_GRACE_MS to it`,
      ),
    ];
  return good(
    stop.graceMs > granted
      ? `${evidence}; the platform grants ${granted} ms unless it was told more`
      : evidence,
  );
}

/** Two for each request in flight, and what the process itself has open. */
const DESCRIPTORS_ASIDE = 256;

/** Whether the gate may open as many connections as it accepts. */
export const openFiles: Check = {
  id: 'open-files',
  title: 'Open files',
  group: 'Machine',
  where: 'machine',
  finds: '"EMFILE: too many open files" under load',
  run: async ({ kit, config }: Context) => {
    const pid = processesOf(kit.services, 'public-port')[0]?.pid ?? 'self';
    const limits = await readFile(`/proc/${pid}/limits`, 'utf8').catch(() => '');
    return judgeOpenFiles(limits, config.gate.maxConnections);
  },
};

/** Source: proc(5), `/proc/PID/limits`: name, soft limit, hard limit. */
export function judgeOpenFiles(limits: string, maxConnections: number): Finding[] {
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? [];
  if (soft === undefined) return [];
  const needed = maxConnections + DESCRIPTORS_ASIDE;
  const evidence = `the gate may have ${soft} files open; GATE_MAX_CONNECTIONS is ${maxConnections}`;
  return soft === 'unlimited' || Number(soft) >= needed
    ? good(evidence)
    : [
        found(
          'warning',
          evidence,
          'under load connections fail before the gate turns them away in order',
          `raise the limit to ${2 * needed} (docker: --ulimit nofile=${2 * needed}, systemd: LimitNOFILE), or lower GATE_MAX_CONNECTIONS`,
        ),
      ];
}
