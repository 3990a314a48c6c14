import { systemdEnvFile } from '../shipping/env-file.ts';
import { type Ask, type Plan, ShipError, type Shipment, type Step, type Target } from '../shipping/target.ts';
import { prerequisites, targetFacts } from './facts.ts';
import {
  ENV_FILE,
  installRelease,
  installSettings,
  installUnit,
  releasesOf,
  removeOld,
  run,
  SYSCTL,
} from './install.ts';

/** For a first start, which compiles. */
const OPENS_WITHIN_MS = 60_000;
/** For the one before to end and the new one to take over, its grace included. */
const HEALTHY_WITHIN_MS = 120_000;
/**
 * systemd on this very host: an instance a release, of which the new one takes over from the other. Source: man
 * systemctl, systemd.unit and systemd.exec of systemd 252; docs.npmjs.com/cli/commands/npm-ci.
 */
export const systemdTarget: Target = {
  prerequisites,
  makesKey: true,
  files: ({ settings, secrets }) => [{ name: ENV_FILE, text: systemdEnvFile({ ...settings, ...secrets }) }],
  facts: targetFacts,

  async plan(shipment, ask): Promise<Plan> {
    if (shipment.image !== undefined)
      throw new ShipError('systemd runs no image: leave IMAGE out, or take TARGET=compose');
    const { name } = shipment.deployment;
    const { running, releases } = await findReleases(shipment, ask);
    if (running === shipment.release)
      throw new ShipError(`release ${running} already runs: set RELEASE to another name`);
    const hasUser = (await ask({ argv: ['id', '-u', name] }, 'may-fail')).code === 0;
    return {
      release: shipment.release,
      ...(running === undefined ? {} : { previous: running }),
      url: urlOf(shipment),
      before: [
        ...(hasUser
          ? []
          : [{ title: `make the user ${name}`, run: run('useradd', '--system', '--user-group', name) }]),
        ...installRelease(shipment),
        ...installSettings(shipment, running !== undefined),
        ...installUnit(name),
      ],
      steps: handOver(shipment, shipment.release, running),
      after: removeOld(shipment, running, releases),
    };
  },

  async planRollback(shipment, ask): Promise<Plan> {
    const { running, releases } = await findReleases(shipment, ask);
    const earlier = releases.slice(releases.indexOf(running ?? '') + 1)[0];
    if (running === undefined || !releases.includes(running) || earlier === undefined)
      throw new ShipError(`there is no earlier release to go back to in ${releasesOf(shipment)}`);
    return {
      release: earlier,
      previous: running,
      url: urlOf(shipment),
      before: [],
      steps: handOver(shipment, earlier, running),
    };
  },

  status: async ({ deployment: { name } }) => [
    run('systemctl', 'list-units', '--all', '--no-pager', `${name}@*.service`),
    run('systemctl', 'status', '--no-pager', '--lines=0', `${name}@*.service`),
  ],
  logs: async ({ deployment: { name } }, follow) => [
    run(
      'journalctl',
      `--unit=${name}@*`,
      '--lines=200',
      '--no-pager',
      '--output=cat',
      ...(follow ? ['--follow'] : []),
    ),
  ],
  destroy: async (shipment, ask) => {
    const { name } = shipment.deployment;
    const { running } = await findReleases(shipment, ask);
    const units = running === undefined ? [] : [unitOf(shipment, running)];
    return {
      steps: [
        ...units.map((unit) => ({ title: `stop ${unit}`, run: run('systemctl', 'disable', '--now', unit) })),
        {
          title: 'remove the unit',
          run: run('rm', '--force', `/etc/systemd/system/${name}@.service`, `/etc/sysctl.d/${SYSCTL}`),
        },
        { title: 'let systemd read its units again', run: run('systemctl', 'daemon-reload') },
      ],
      remains: `/var/lib/${name}, with the WhatsApp login, the outbox and the event log; /etc/${name} with the secrets; ${releasesOf(shipment)}; the user ${name}`,
    };
  },
};

function handOver(shipment: Shipment, next: string, running: string | undefined): Step[] {
  const unit = unitOf(shipment, next);
  const systemctl = (verb: string, release: string) => run('systemctl', verb, unitOf(shipment, release));
  const watch = {
    command: run('systemctl', 'show', '--property=ActiveState', '--value', unit),
    hasEnded: ({ stdout }: { stdout: string }) => ['failed', 'inactive'].includes(stdout.trim()),
    logs: run('journalctl', `--unit=${unit}`, '--lines=30', '--no-pager', '--output=cat'),
  };
  const opened = (release: string): Step => ({
    title: `wait until ${release} has opened the port`,
    run: { until: 'open', release, withinMs: OPENS_WITHIN_MS, ...(release === next ? { watch } : {}) },
  });
  const stop: Step[] =
    running === undefined
      ? []
      : [
          {
            title: `stop ${running}: ${next} takes over`,
            run: systemctl('stop', running),
            undo: [
              { title: `start ${running} again, beside ${next}`, run: systemctl('start', running) },
              opened(running),
            ],
          },
        ];
  return [
    {
      title: `start ${next}${running === undefined ? '' : `, beside ${running}`}`,
      run: systemctl('start', next),
      undo: [{ title: `stop ${next} again`, run: systemctl('stop', next) }],
    },
    opened(next),
    ...stop,
    {
      title: `wait until ${next} is healthy`,
      run: { until: 'healthy', release: next, withinMs: HEALTHY_WITHIN_MS, watch },
    },
    {
      title: `let ${next} start with the host`,
      run: systemctl('enable', next),
      undo: [{ title: `let ${next} not start with the host`, run: systemctl('disable', next) }],
    },
    ...(running === undefined
      ? []
      : [
          {
            title: `let ${running} not start with the host`,
            run: systemctl('disable', running),
            undo: [{ title: `let ${running} start with the host again`, run: systemctl('enable', running) }],
          },
        ]),
  ];
}

interface InstalledReleases {
  readonly running?: string;
  /** The newest first. */
  readonly releases: readonly string[];
}

async function findReleases(shipment: Shipment, ask: Ask): Promise<InstalledReleases> {
  const { name } = shipment.deployment;
  const states = '--state=active,activating,reloading';
  const units = await ask(
    run('systemctl', 'list-units', '--plain', '--no-legend', states, `${name}@*.service`),
  );
  const running = units.stdout.split('\n').flatMap(
    (line) =>
      line
        .trim()
        .split(/\s+/)[0]
        ?.match(/@(.+)\.service$/)?.[1] ?? [],
  );
  if (running.length > 1)
    throw new ShipError(
      `${running.join(' and ')} run at the same time, as after a deploy that was killed: stop the one that does not serve, with systemctl stop ${name}@RELEASE`,
    );
  const listed = await ask(run('ls', '-1', '--sort=time', releasesOf(shipment)), 'may-fail');
  return {
    ...(running[0] === undefined ? {} : { running: running[0] }),
    releases: listed.stdout.split('\n').filter((line) => line !== ''),
  };
}

function unitOf({ deployment: { name } }: Pick<Shipment, 'deployment'>, release: string): string {
  return `${name}@${release}.service`;
}

function urlOf({ url, config }: Shipment): string {
  return url ?? `http://127.0.0.1:${config.ports.gate}`;
}
