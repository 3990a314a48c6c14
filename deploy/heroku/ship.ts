import { z } from 'zod';
import type { Command } from '../shipping/command.ts';
import { parseOutput } from '../shipping/command-output.ts';
import {
  type Address,
  type Ask,
  type Plan,
  publicUrl,
  ShipError,
  type Shipment,
  type Step,
  type Target,
} from '../shipping/target.ts';
import { DATABASE, DATABASE_VARIABLE, prerequisites, targetFacts } from './facts.ts';
import { dynoFor, variablesOf } from './render.ts';

/** A dyno must bind its port within 60 s; before that its image is fetched. */
const HEALTHY_WITHIN_MS = 300_000;

/**
 * Heroku, by its command line. The image is built here and pushed, with its release in it: a variable would name the old
 * dyno anew, which Heroku restarts for every change of one. Source: github.com/heroku/cli docs: apps, addons, config,
 * container, releases, ps, logs.
 */
export const herokuTarget: Target = {
  prerequisites,
  makesKey: false,
  files: () => [],
  keptSecrets: ({ name }) => ({
    command: listConfig(name),
    // The add-on sets the database's own.
    read: (outcome) => [
      ...Object.keys(parseOutput(configSchema, outcome, 'heroku config') ?? {}),
      DATABASE_VARIABLE,
    ],
  }),
  facts: targetFacts,

  async plan(shipment, ask): Promise<Plan> {
    const { deployment, release } = shipment;
    const info = await ask(heroku('apps:info', '--app', deployment.name, '--json'), 'may-fail');
    const isThere = parseOutput(infoSchema, info, 'heroku apps:info') !== undefined;
    const config = isThere
      ? (parseOutput(configSchema, await ask(listConfig(deployment.name)), 'heroku config') ?? {})
      : {};
    const [current] = isThere ? await listReleases(shipment, ask) : [];
    return {
      release,
      ...(current === undefined ? {} : { previous: `v${current}` }),
      url: urlOf(shipment, info.stdout),
      before: [
        ...(isThere ? [] : [createApp(shipment)]),
        ...(config[DATABASE_VARIABLE] === undefined ? [addDatabase(shipment)] : []),
        { title: "log in at Heroku's registry", run: heroku('container:login') },
        {
          title: 'build the image, and push it',
          run: heroku('container:push', 'web', ...appOf(shipment), '--arg', `RELEASE=${release}`),
        },
      ],
      steps: [
        ...setConfig(shipment, config),
        {
          title: `release ${release}: the dyno is replaced, and the WhatsApp login is lost with it`,
          run: heroku('container:release', 'web', ...appOf(shipment)),
          ...(current === undefined ? {} : { undo: [rollBackTo(shipment, current)] }),
        },
        ...(current === undefined ? [scale(shipment)] : []),
        {
          title: `wait until ${release} is healthy`,
          run: { until: 'healthy', release, withinMs: HEALTHY_WITHIN_MS },
        },
      ],
    };
  },

  async planRollback(shipment, ask): Promise<Plan> {
    const info = await ask(heroku('apps:info', '--app', shipment.deployment.name, '--json'));
    const [current, earlier] = await listReleases(shipment, ask);
    if (current === undefined || earlier === undefined)
      throw new ShipError(`Heroku knows no release of ${shipment.deployment.name} before the one that runs`);
    return {
      previous: `v${current}`,
      url: urlOf(shipment, info.stdout),
      before: [],
      steps: [
        { ...rollBackTo(shipment, earlier), undo: [rollBackTo(shipment, current)] },
        { title: 'wait until the dyno is replaced', run: heroku('ps:wait', ...appOf(shipment)) },
        {
          title: 'wait until it is healthy',
          run: { until: 'healthy', isAnother: true, withinMs: HEALTHY_WITHIN_MS },
        },
      ],
    };
  },

  status: async (shipment) => [
    heroku('ps', ...appOf(shipment)),
    heroku('releases', '--num', '5', ...appOf(shipment)),
  ],
  logs: async (shipment, follow) => [
    heroku('logs', '--num', '200', ...(follow ? ['--tail'] : []), ...appOf(shipment)),
  ],
  destroy: async (shipment) => {
    const { name } = shipment.deployment;
    return {
      steps: [{ title: 'end the dyno', run: heroku('ps:scale', 'web=0', ...appOf(shipment)) }],
      remains: `the app ${name} with its variables, and its database, which is paid for; heroku apps:destroy --app ${name} removes it all for good`,
    };
  },
};

function createApp({ deployment: { name, region } }: Shipment): Step {
  const where = region === undefined ? [] : ['--region', region];
  return {
    title: `make the app ${name}`,
    run: heroku('apps:create', name, '--stack', 'container', ...where),
  };
}

function addDatabase(shipment: Shipment): Step {
  const { plan, as } = DATABASE;
  return {
    title: `add the database ${plan}, which is paid for`,
    run: heroku('addons:create', plan, '--as', as, '--wait', ...appOf(shipment)),
  };
}

function scale(shipment: Shipment): Step {
  const size = dynoFor(shipment.deployment)?.size ?? '';
  return { title: `one dyno of ${size}`, run: heroku('ps:scale', `web=1:${size}`, ...appOf(shipment)) };
}

/** What differs: each change restarts the dyno, so none is made without need. Taken back with the release. */
function setConfig(shipment: Shipment, config: Readonly<Record<string, string>>): Step[] {
  const wanted = { ...variablesOf(shipment), ...shipment.settings, ...shipment.secrets };
  const changed = Object.entries(wanted).filter(([name, value]) => config[name] !== value);
  if (changed.length === 0) return [];
  return [
    {
      title: `set ${changed.map(([name]) => name).join(', ')}`,
      run: heroku('config:set', ...changed.map(([name, value]) => `${name}=${value}`), ...appOf(shipment)),
    },
  ];
}

function rollBackTo(shipment: Shipment, version: number): Step {
  return {
    title: `roll back to v${version}`,
    run: heroku('releases:rollback', `v${version}`, ...appOf(shipment)),
  };
}

function urlOf(shipment: Shipment, info: string): Address {
  const read = (stdout: string) =>
    parseOutput(infoSchema, { code: 0, stdout, output: '' }, 'heroku apps:info')?.app.web_url;
  return publicUrl(
    shipment,
    read(info) ?? {
      command: heroku('apps:info', '--app', shipment.deployment.name, '--json'),
      read: ({ stdout }) => read(stdout),
    },
  );
}

/** Versions that brought code, the newest first: a change of a variable is a release too. */
async function listReleases(shipment: Shipment, ask: Ask): Promise<number[]> {
  const outcome = await ask(heroku('releases', '--json', '--num', '50', ...appOf(shipment)));
  const releases = parseOutput(releasesSchema, outcome, 'heroku releases') ?? [];
  return releases
    .filter(({ status, description }) => status === 'succeeded' && /^(Deployed|Rollback)/.test(description))
    .map(({ version }) => version)
    .sort((left, right) => right - left);
}

function appOf({ deployment: { name } }: Shipment): ['--app', string] {
  return ['--app', name];
}

function listConfig(app: string): Command {
  return heroku('config', '--json', '--app', app);
}

function heroku(...words: string[]): Command {
  return { argv: ['heroku', ...words] };
}

const infoSchema = z.looseObject({ app: z.looseObject({ web_url: z.string() }) });
const configSchema = z.record(z.string(), z.string());
const releasesSchema = z.array(
  z.looseObject({ version: z.number(), status: z.string(), description: z.string() }),
);
