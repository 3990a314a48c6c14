import { z } from 'zod';
import type { Command } from '../shipping/command.ts';
import { parseOutput } from '../shipping/command-output.ts';
import { flySecretLines } from '../shipping/env-file.ts';
import { tagOf } from '../shipping/release.ts';
import {
  type Ask,
  type Plan,
  publicUrl,
  ShipError,
  type Shipment,
  type Step,
  type Target,
} from '../shipping/target.ts';
import { prerequisites, targetFacts } from './facts.ts';

/** As `fly.toml` says of the boot, and as long for an image to be fetched. */
const HEALTHY_WITHIN_MS = 600_000;

/**
 * Fly.io, by its command line. A release is the tag of its image, so that Fly itself knows it. Source: fly.io/docs/flyctl:
 * deploy, releases, secrets-import, secrets-list, apps-list, apps-create, scale-count, logs.
 */
export const flyTarget: Target = {
  prerequisites,
  makesKey: false,
  files: () => [],
  keptSecrets: ({ name }) => ({
    command: fly('secrets', 'list', '--app', name, '--json'),
    read: (outcome) =>
      parseOutput(namedSchema, outcome, 'fly secrets list')?.map(({ name: secret }) => secret),
  }),
  facts: targetFacts,

  async plan(shipment, ask): Promise<Plan> {
    const { name } = shipment.deployment;
    const apps = parseOutput(namedSchema, await ask(fly('apps', 'list', '--json')), 'fly apps list') ?? [];
    const isThere = apps.some((app) => app.name === name);
    const [current] = isThere ? await listReleases(shipment, ask) : [];
    const image = shipment.image ?? `registry.fly.io/${name}:${shipment.release}`;
    return {
      release: shipment.release,
      ...(current === undefined ? {} : { previous: nameOf(current) }),
      url: publicUrl(shipment, `https://${name}.fly.dev`),
      before: [
        ...(isThere
          ? []
          : [
              {
                title: `make the app ${name}, of the organisation FLY_ORG`,
                run: fly('apps', 'create', name, '--yes'),
              },
            ]),
        ...importSecrets(shipment),
        ...(shipment.image === undefined ? [build(shipment)] : []),
      ],
      steps: deployImage(shipment, { image, release: shipment.release }, current),
    };
  },

  async planRollback(shipment, ask): Promise<Plan> {
    const [current, ...others] = await listReleases(shipment, ask);
    const earlier = others.find(({ image }) => image !== current?.image);
    if (current === undefined || earlier === undefined)
      throw new ShipError(`Fly knows no release of ${shipment.deployment.name} before the one that runs`);
    return {
      ...(earlier.release === undefined ? {} : { release: earlier.release }),
      previous: nameOf(current),
      url: publicUrl(shipment, `https://${shipment.deployment.name}.fly.dev`),
      before: [],
      steps: deployImage(shipment, earlier, current),
    };
  },

  status: async ({ deployment: { name } }) => [
    fly('status', '--app', name),
    fly('releases', '--app', name, '--image'),
  ],
  logs: async ({ deployment: { name } }, follow) => [
    fly('logs', '--app', name, ...(follow ? [] : ['--no-tail'])),
  ],
  destroy: async ({ deployment: { name } }) => ({
    steps: [{ title: 'end the Machine', run: fly('scale', 'count', '0', '--app', name, '--yes') }],
    remains: `the app ${name} with its secrets and its volume, which is paid for; fly apps destroy ${name} removes it all for good`,
  }),
};

interface FlyRelease {
  readonly image: string;
  /** As the kit names itself; undefined for an image without a tag. */
  readonly release?: string;
}

function nameOf({ image, release }: FlyRelease): string {
  return release ?? image;
}

function deployImage(shipment: Shipment, next: FlyRelease, current: FlyRelease | undefined): Step[] {
  return [
    {
      title: `deploy ${nameOf(next)}: the one Machine is replaced, with a pause of some seconds`,
      run: deploy(shipment, next),
      ...(current === undefined
        ? {}
        : { undo: [{ title: `deploy ${nameOf(current)} again`, run: deploy(shipment, current) }] }),
    },
    {
      title: `wait until ${nameOf(next)} is healthy`,
      run: {
        until: 'healthy',
        ...(next.release === undefined ? {} : { release: next.release }),
        withinMs: HEALTHY_WITHIN_MS,
      },
    },
  ];
}

function deploy({ deployment, settings }: Shipment, { image, release }: FlyRelease): Command {
  const variables = { ...settings, ...(release === undefined ? {} : { RELEASE: release }) };
  const env = Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  // A second Machine would be a second bridge.
  return fly('deploy', '--app', deployment.name, '--image', image, '--ha=false', '--yes', ...env);
}

/** Built and pushed before anything of what runs is touched. */
function build({ deployment: { name }, release }: Shipment): Step {
  const flags = ['--build-only', '--push', '--image-label', release, '--build-arg', `RELEASE=${release}`];
  return { title: 'build the image, at Fly', run: fly('deploy', '--app', name, ...flags) };
}

/** Staged, since each change would otherwise start the Machine anew; the deploy that follows brings them. */
function importSecrets({ deployment: { name }, secrets }: Shipment): Step[] {
  const names = Object.keys(secrets);
  if (names.length === 0) return [];
  const run = { ...fly('secrets', 'import', '--stage', '--app', name), input: flySecretLines(secrets) };
  return [{ title: `set the secrets ${names.join(', ')}`, run }];
}

async function listReleases({ deployment: { name } }: Shipment, ask: Ask): Promise<FlyRelease[]> {
  const outcome = await ask(fly('releases', '--app', name, '--image', '--json'));
  const releases = parseOutput(releasesSchema, outcome, 'fly releases') ?? [];
  return releases
    .filter(({ image, status }) => image !== '' && !['failed', 'interrupted'].includes(status))
    .map(({ image }) => {
      const release = tagOf(image);
      return { image, ...(release === undefined ? {} : { release }) };
    });
}

function fly(...words: string[]): Command {
  return { argv: ['fly', ...words] };
}

/** Its JSON begins names with capitals in some commands, and not in others. */
function lowerKeys(row: unknown): unknown {
  if (typeof row !== 'object' || row === null) return row;
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [`${key.charAt(0).toLowerCase()}${key.slice(1)}`, value]),
  );
}

const namedSchema = z.array(z.preprocess(lowerKeys, z.looseObject({ name: z.string() })));
/** The newest first. */
const releasesSchema = z.array(
  z.preprocess(
    lowerKeys,
    z
      .looseObject({ imageRef: z.string().default(''), status: z.string().default('') })
      .transform(({ imageRef, status }) => ({ image: imageRef, status: status.toLowerCase() })),
  ),
);
