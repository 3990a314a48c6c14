import { z } from 'zod';
import type { Command } from '../shipping/command.ts';
import { parseOutput } from '../shipping/command-output.ts';
import {
  type Ask,
  type Plan,
  publicUrl,
  ShipError,
  type Shipment,
  type Step,
  type Target,
} from '../shipping/target.ts';
import { DEPLOY_LIMIT_MS, prerequisites, targetFacts } from './facts.ts';

/**
 * Render, by its command line: it builds a commit of the repository it is linked to, so a release is a commit, which it
 * tells the kit as RENDER_GIT_COMMIT. Its command line sets no variables: they stand in render.yaml, secrets in its
 * dashboard. Source: render.com/docs/cli, render.com/tutorials/render-cli-power-user/deploys.
 */
export const renderTarget: Target = {
  prerequisites,
  makesKey: false,
  files: () => [],
  keptSecrets: 'elsewhere',
  facts: targetFacts,

  async plan(shipment, ask): Promise<Plan> {
    refuseSettings(shipment);
    const service = await findService(shipment, ask);
    const commit = (await ask({ argv: ['git', 'rev-parse', 'HEAD'] })).stdout.trim();
    const [current] = await listDeploys(service.id, ask);
    if (current === commit)
      throw new ShipError(
        `commit ${commit} is what Render runs already: commit and push what is to be shipped`,
      );
    return {
      release: commit,
      ...(current === undefined ? {} : { previous: current }),
      url: publicUrl(shipment, service.url),
      before: [],
      steps: deployCommit(service.id, commit, current),
    };
  },

  async planRollback(shipment, ask): Promise<Plan> {
    const service = await findService(shipment, ask);
    const [current, earlier] = await listDeploys(service.id, ask);
    if (current === undefined || earlier === undefined)
      throw new ShipError('Render knows no commit before the one that runs');
    return {
      release: earlier,
      previous: current,
      url: publicUrl(shipment, service.url),
      before: [],
      steps: deployCommit(service.id, earlier, current),
    };
  },

  status: async (shipment, ask) => [
    render('deploys', 'list', (await findService(shipment, ask)).id, '--output', 'text'),
  ],
  logs: async (shipment, follow, ask) => {
    const { id } = await findService(shipment, ask);
    return [
      render('logs', '--resources', id, '--limit', '100', ...(follow ? ['--tail'] : []), '--output', 'text'),
    ];
  },
  destroy: async ({ deployment: { name } }) => {
    throw new ShipError(
      `Render's command line removes no service: suspend or delete ${name} at https://dashboard.render.com; deleting it deletes its disk, with the WhatsApp login and the messages`,
    );
  },
};

function deployCommit(service: string, next: string, current: string | undefined): Step[] {
  return [
    {
      title: `let Render build and deploy ${next}, with a pause of some seconds at the end`,
      run: deploy(service, next),
      ...(current === undefined
        ? {}
        : { undo: [{ title: `let Render deploy ${current} again`, run: deploy(service, current) }] }),
    },
    {
      title: `wait until ${next} is healthy`,
      run: { until: 'healthy', release: next, withinMs: DEPLOY_LIMIT_MS },
    },
  ];
}

/** `--wait` ends with a failure when the deploy does. */
function deploy(service: string, commit: string): Command {
  return render('deploys', 'create', service, '--commit', commit, '--wait', '--confirm', '--output', 'json');
}

function refuseSettings({ settings }: Shipment): void {
  const names = Object.keys(settings);
  if (names.length > 0)
    throw new ShipError(
      `Render's command line sets no variables: put ${names.join(', ')} into config/deployment.ts, run make render, commit and push`,
    );
}

async function findService(
  { deployment: { name } }: Shipment,
  ask: Ask,
): Promise<{ id: string; url?: string | undefined }> {
  const outcome = await ask(render('services', '--output', 'json'));
  const services = parseOutput(servicesSchema, outcome, 'render services');
  const service = services?.find((known) => known.name === name);
  if (service !== undefined) return { id: service.id, url: service.serviceDetails?.url };
  // Of a dry run without Render.
  if (services === undefined) return { id: name };
  throw new ShipError(
    `Render has no service ${name} in this workspace: make it once, from render.yaml, at https://dashboard.render.com/select-repo?type=blueprint; it asks there for the secrets`,
  );
}

/** The commits that ran, the newest first and each once; the first is live. */
async function listDeploys(service: string, ask: Ask): Promise<string[]> {
  const outcome = await ask(render('deploys', 'list', service, '--output', 'json'));
  const deploys = parseOutput(deploysSchema, outcome, 'render deploys list') ?? [];
  const commits = deploys
    .filter(({ status }) => status === 'live' || status === 'deactivated')
    .flatMap(({ commit }) => commit?.id ?? []);
  return [...new Set(commits)];
}

function render(...words: string[]): Command {
  return { argv: ['render', ...words] };
}

/** Rows come as they are, or each under the name of what it is. */
const bare = (key: string) => (row: unknown) =>
  typeof row === 'object' && row !== null ? (Reflect.get(row, key) ?? row) : row;
const servicesSchema = z.array(
  z.preprocess(
    bare('service'),
    z.looseObject({
      id: z.string(),
      name: z.string(),
      serviceDetails: z.looseObject({ url: z.string().optional() }).optional(),
    }),
  ),
);
const deploysSchema = z.array(
  z.preprocess(
    bare('deploy'),
    z.looseObject({ status: z.string(), commit: z.looseObject({ id: z.string() }).nullish() }),
  ),
);
