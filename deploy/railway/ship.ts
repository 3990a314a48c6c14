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
import { prerequisites, ROLL_BACK, targetFacts } from './facts.ts';

/** Railway's own limit for a health check, and time to fetch the image. */
const HEALTHY_WITHIN_MS = 600_000;

/**
 * Railway, by its command line, in the project that this folder is linked to. Source: docs.railway.com/cli: config, up,
 * variable, domain, deployment, api, logs, down.
 */
export const railwayTarget: Target = {
  prerequisites,
  makesKey: false,
  files: () => [],
  keptSecrets: (deployment) => ({
    command: listVariables(deployment.name),
    read: (outcome) => {
      const variables = parseOutput(variablesSchema, outcome, 'railway variable list') ?? {};
      return Object.keys(variables).filter((name) => variables[name] !== '');
    },
  }),
  facts: targetFacts,

  async plan(shipment, ask): Promise<Plan> {
    const { deployment, settings, secrets, release } = shipment;
    const outcome = await ask(listVariables(deployment.name), 'may-fail');
    const variables = parseOutput(variablesSchema, outcome, 'railway variable list') ?? {};
    const [current] = outcome.code === 0 ? await listDeployments(shipment, ask) : [];
    const changed = Object.entries(secrets).filter(([name, value]) => variables[name] !== value);
    return {
      release,
      ...(current === undefined ? {} : { previous: nameOf(current, variables) }),
      url: urlOf(shipment, variables),
      before: [
        { title: 'apply .railway/railway.ts', run: railway('config', 'apply', '--yes') },
        ...changed.map(([name, value]) => setSecret(shipment, name, value)),
        ...(variables.RAILWAY_PUBLIC_DOMAIN || deployment.domain !== undefined ? [] : [makeDomain(shipment)]),
      ],
      steps: [
        setVariables(shipment, { ...settings, RELEASE: release }, variables),
        {
          title: 'upload and build; the one instance is replaced, with a pause of some seconds',
          run: railway('up', '--ci', ...serviceOf(shipment)),
        },
        {
          title: `wait until ${release} is healthy`,
          run: { until: 'healthy', release, withinMs: HEALTHY_WITHIN_MS },
          // Not of the upload: what is not built has replaced nothing.
          ...(current === undefined ? {} : { undo: [rollBackTo(current)] }),
        },
      ],
    };
  },

  async planRollback(shipment, ask): Promise<Plan> {
    const outcome = await ask(listVariables(shipment.deployment.name));
    const variables = parseOutput(variablesSchema, outcome, 'railway variable list') ?? {};
    const [current, earlier] = await listDeployments(shipment, ask);
    if (current === undefined || earlier === undefined)
      throw new ShipError(
        'Railway keeps no deployment before the one that runs: deploy the earlier checkout',
      );
    return {
      previous: nameOf(current, variables),
      url: urlOf(shipment, variables),
      before: [],
      steps: [
        { ...rollBackTo(earlier), undo: [rollBackTo(current)] },
        {
          title: 'wait until it is healthy',
          run: { until: 'healthy', isAnother: true, withinMs: HEALTHY_WITHIN_MS },
        },
      ],
    };
  },

  status: async (shipment) => [
    railway('status'),
    railway('deployment', 'list', '--limit', '5', ...serviceOf(shipment)),
  ],
  logs: async (shipment, follow) => [
    railway('logs', '--deployment', ...(follow ? [] : ['--lines', '200']), ...serviceOf(shipment)),
  ],
  destroy: async (shipment) => ({
    steps: [{ title: 'end the deployment that runs', run: railway('down', '--yes', ...serviceOf(shipment)) }],
    remains:
      'the project with its variables, its secrets and the volume, which is paid for; railway delete removes it all for good',
  }),
};

function setSecret(shipment: Shipment, name: string, value: string): Step {
  return {
    title: `set the secret ${name}`,
    run: {
      ...railway('variable', 'set', name, '--stdin', '--skip-deploys', ...serviceOf(shipment)),
      input: value,
    },
  };
}

/** With what they were before as its undo; a variable that was not there stays, and the next deploy sets it anyway. */
function setVariables(
  shipment: Shipment,
  variables: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
): Step {
  const set = (values: Readonly<Record<string, string>>) =>
    railway(
      'variable',
      'set',
      ...Object.entries(values).map(([name, value]) => `${name}=${value}`),
      '--skip-deploys',
      ...serviceOf(shipment),
    );
  const old = Object.fromEntries(
    Object.keys(variables).flatMap((name) => {
      const value = before[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return {
    title: `set ${Object.keys(variables).join(', ')} for what is deployed next`,
    run: set(variables),
    ...(Object.keys(old).length === 0
      ? {}
      : { undo: [{ title: `set ${Object.keys(old).join(', ')} as before`, run: set(old) }] }),
  };
}

function makeDomain(shipment: Shipment): Step {
  const port = String(shipment.config.ports.gate);
  return {
    title: 'get a domain from Railway',
    run: railway('domain', '--port', port, ...serviceOf(shipment), '--json'),
  };
}

function rollBackTo(id: string): Step {
  return {
    title: `roll back to the deployment ${id}`,
    run: railway('api', ROLL_BACK, '--raw-var', `id=${id}`, '--compact'),
  };
}

function urlOf(shipment: Shipment, variables: Readonly<Record<string, string>>): Address {
  const domainOf = ({ RAILWAY_PUBLIC_DOMAIN: domain }: Readonly<Record<string, string>>) =>
    domain ? `https://${domain}` : undefined;
  return publicUrl(
    shipment,
    domainOf(variables) ?? {
      command: listVariables(shipment.deployment.name),
      read: (outcome) => domainOf(parseOutput(variablesSchema, outcome, 'railway variable list') ?? {}),
    },
  );
}

function nameOf(deployment: string, { RELEASE }: Readonly<Record<string, string>>): string {
  return RELEASE || deployment;
}

/** Those that have served, the newest first. */
async function listDeployments(shipment: Shipment, ask: Ask): Promise<string[]> {
  const command = railway('deployment', 'list', '--limit', '50', '--json', ...serviceOf(shipment));
  const rows = parseOutput(deploymentsSchema, await ask(command), 'railway deployment list') ?? [];
  return rows.filter(({ status }) => status === 'SUCCESS' || status === 'REMOVED').map(({ id }) => id);
}

function serviceOf({ deployment: { name } }: Shipment): ['--service', string] {
  return ['--service', name];
}

function listVariables(service: string): Command {
  return railway('variable', 'list', '--json', '--service', service);
}

function railway(...words: string[]): Command {
  return { argv: ['railway', ...words] };
}

const variablesSchema = z.record(z.string(), z.string());
const deploymentsSchema = z.array(z.looseObject({ id: z.string(), status: z.string() }));
