import { parse } from 'yaml';
import { z } from 'zod';
import { renderInput } from '../rendering/render-input.ts';
import { yamlText } from '../rendering/yaml-text.ts';
import { dockerBuild, dockerPush, findBase } from '../shipping/docker.ts';
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
import { gcloud, inRegion, repositoryOf } from './gcloud.ts';
import { cloudrun, secretName } from './render.ts';
import { findServing, listRevisions } from './revisions.ts';
import { listSecrets, setSecrets } from './secrets.ts';

const FILE = 'cloudrun.yaml';
/** The probe gives it 240 s; before that its image is fetched. */
const HEALTHY_WITHIN_MS = 420_000;
/** What Cloud Run runs, whatever this machine is. */
const PLATFORM = ['--platform', 'linux/amd64'];
/** What stands in config/deployment.ts for a project of one's own. */
const PLACEHOLDER = '/PROJECT/';

/**
 * Google Cloud Run, by gcloud. Source: cloud.google.com/sdk/gcloud/reference: run/services/{replace,describe,list,
 * update-traffic,delete,logs/read}, run/revisions/list, secrets/{list,create}, secrets/versions/{access,add},
 * auth/{list,configure-docker}.
 */
export const cloudrunTarget: Target = {
  prerequisites,
  makesKey: false,
  files: (shipment) => [{ name: FILE, text: serviceOf(shipment) }],
  keptSecrets: ({ name, secrets }) => ({
    command: listSecrets(),
    read: ({ stdout }) => {
      const names = stdout.split('\n').map((line) => line.trim());
      return secrets.filter((variable) => names.includes(secretName(name, variable)));
    },
  }),
  facts: targetFacts,

  async plan(shipment, ask): Promise<Plan> {
    const image = imageOf(shipment);
    const there = (await ask(listSecrets())).stdout.split('\n').map((line) => line.trim());
    const current = await findServing(shipment, ask);
    const release = shipment.release;
    return {
      release,
      ...(current === undefined ? {} : { previous: current.release ?? current.revision }),
      url: urlOf(shipment),
      before: [
        ...(await setSecrets(shipment, there, ask)),
        ...(shipment.image === undefined ? await build(shipment, image, ask) : []),
      ],
      steps: [
        {
          title: `deploy ${release}; for a moment two instances run`,
          run: gcloud('run', 'services', 'replace', `${shipment.folder}/${FILE}`, ...inRegion(shipment)),
          ...(current === undefined ? {} : { undo: [sendTo(shipment, current.revision)] }),
        },
        waitFor(release),
      ],
    };
  },

  async planRollback(shipment, ask): Promise<Plan> {
    const current = await findServing(shipment, ask);
    const revisions = await listRevisions(shipment, ask);
    const place = revisions.findIndex(({ revision }) => revision === current?.revision);
    const earlier = revisions.slice(place + 1)[0];
    if (current === undefined || place < 0 || earlier === undefined)
      throw new ShipError(
        `Cloud Run has no revision of ${shipment.deployment.name} before the one that serves`,
      );
    return {
      ...(earlier.release === undefined ? {} : { release: earlier.release }),
      previous: current.release ?? current.revision,
      url: urlOf(shipment),
      before: [],
      steps: [
        { ...sendTo(shipment, earlier.revision), undo: [sendTo(shipment, current.revision)] },
        waitFor(earlier.release),
      ],
    };
  },

  status: async (shipment) => [
    gcloud('run', 'services', 'describe', shipment.deployment.name, ...inRegion(shipment)),
    gcloud('run', 'revisions', 'list', '--service', shipment.deployment.name, ...inRegion(shipment)),
  ],
  logs: async (shipment, follow) => [
    follow
      ? gcloud('beta', 'run', 'services', 'logs', 'tail', shipment.deployment.name, ...inRegion(shipment))
      : gcloud(
          ...['run', 'services', 'logs', 'read', shipment.deployment.name, '--limit=200'],
          ...inRegion(shipment),
        ),
  ],
  destroy: async (shipment) => {
    const { name } = shipment.deployment;
    return {
      steps: [
        {
          title: 'delete the service',
          run: gcloud('run', 'services', 'delete', name, '--quiet', ...inRegion(shipment)),
        },
      ],
      remains: `the share with the WhatsApp login, the database, the images, and the secrets ${name}-… in Secret Manager`,
    };
  },
};

/** The rendered service, with the image and the variables of this deploy. */
function serviceOf(shipment: Shipment): string {
  const [rendered] = cloudrun.render(renderInput(cloudrun.facts));
  const service = serviceSchema.parse(parse(rendered?.text ?? ''));
  const [container] = service.spec.template.spec.containers;
  if (container === undefined) throw new Error('the rendered service has no container');
  container.image = imageOf(shipment);
  for (const [name, value] of Object.entries({ ...shipment.settings, RELEASE: shipment.release }))
    container.env.push({ name, value });
  return yamlText(service);
}

function imageOf(shipment: Shipment): string {
  const image = shipment.image ?? `${repositoryOf(shipment)}:${shipment.release}`;
  if (image.includes(PLACEHOLDER))
    throw new ShipError(
      `the image ${image} lies in no project of yours: set platforms.cloudrun.image, and share, in config/deployment.ts, and run make render`,
    );
  return image;
}

/** For the registry's own host to take the image from this engine. */
async function build(shipment: Shipment, image: string, ask: Ask): Promise<Step[]> {
  const base = await findBase(ask);
  const [host = ''] = image.split('/');
  return [
    {
      title: 'build the image',
      run: dockerBuild('kit', image, { release: shipment.release, base, flags: PLATFORM }),
    },
    { title: `let the engine push to ${host}`, run: gcloud('auth', 'configure-docker', host, '--quiet') },
    { title: 'push the image', run: dockerPush(image) },
  ];
}

function sendTo(shipment: Shipment, revision: string): Step {
  return {
    title: `send the traffic to ${revision}`,
    run: gcloud(
      ...['run', 'services', 'update-traffic', shipment.deployment.name, `--to-revisions=${revision}=100`],
      ...inRegion(shipment),
    ),
  };
}

function waitFor(release: string | undefined): Step {
  return {
    title: `wait until ${release ?? 'it'} is healthy`,
    run: {
      until: 'healthy',
      ...(release === undefined ? { isAnother: true } : { release }),
      withinMs: HEALTHY_WITHIN_MS,
    },
  };
}

function urlOf(shipment: Shipment) {
  return publicUrl(shipment, {
    command: gcloud(
      ...['run', 'services', 'describe', shipment.deployment.name, ...inRegion(shipment)],
      '--format=value(status.url)',
    ),
    read: ({ stdout }) => stdout.trim() || undefined,
  });
}

const environmentSchema = z.array(z.looseObject({ name: z.string(), value: z.string().optional() }));
const serviceSchema = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        containers: z.array(z.looseObject({ image: z.string(), env: environmentSchema })),
      }),
    }),
  }),
});
