import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { renderInput } from '../rendering/render-input.ts';
import type { Command } from '../shipping/command.ts';
import { parseOutput } from '../shipping/command-output.ts';
import { dockerBuild, dockerPush, findBase } from '../shipping/docker.ts';
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
import { secretName } from './containers.ts';
import { facts, prerequisites, targetFacts } from './facts.ts';
import { FOLDER, kustomization, repositoryOf } from './overlay.ts';
import { planPods } from './pods.ts';

const ROLLED_OUT_WITHIN_S = 600;
const HEALTHY_WITHIN_MS = 120_000;
const SECRET_BYTES = 32;

/**
 * Kubernetes, by kubectl, in the cluster of its current context. Source: kubernetes.io/docs/reference/kubectl/generated:
 * kubectl_apply, kubectl_rollout_status, kubectl_rollout_undo, kubectl_get, kubectl_logs, kubectl_delete.
 */
export const kubernetesTarget: Target = {
  prerequisites,
  makesKey: false,
  files: (shipment) => [{ name: `${FOLDER}/kustomization.yaml`, text: kustomization(shipment) }],
  keptSecrets: (deployment) => ({
    command: getSecret({ deployment }),
    // The secret among the parts is made by the first deploy.
    read: (outcome) => [
      'INTERNAL_SECRET',
      ...Object.keys(parseOutput(secretSchema, outcome, 'kubectl get secret')?.data ?? {}),
    ],
  }),
  facts: targetFacts,

  async plan(shipment, ask): Promise<Plan> {
    const { name } = shipment.deployment;
    const repository = repositoryOf(shipment);
    const current = (await listReleases(shipment, ask))[0];
    // Must be answered: what is not known would be overwritten.
    const outcome = await ask(getSecret(shipment));
    const known = parseOutput(secretSchema, outcome, 'kubectl get secret')?.data ?? {};
    const undo = current === undefined ? {} : { undo: undoAll(shipment) };
    const base = shipment.image === undefined ? await findBase(ask) : undefined;
    return {
      release: shipment.release,
      ...(current === undefined ? {} : { previous: current }),
      url: publicUrl(shipment, undefined),
      before: [
        ...(shipment.image === undefined
          ? [
              ...buildAndPush(shipment, 'kit', repository, base),
              ...buildAndPush(shipment, 'slim', `${repository}-slim`, base),
            ]
          : []),
        apply(`make the namespace ${name}`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
        apply(`set the secret ${secretName(shipment)}`, secretOf(shipment, known)),
      ],
      steps: [
        {
          title: `apply ${shipment.release}`,
          run: kubectl('apply', '--kustomize', `${shipment.folder}/${FOLDER}`),
          ...undo,
        },
        ...waitForAll(shipment, shipment.release),
      ],
    };
  },

  async planRollback(shipment, ask): Promise<Plan> {
    const [current, earlier] = await listReleases(shipment, ask);
    if (current === undefined || earlier === undefined)
      throw new ShipError(
        `the cluster keeps no release of ${shipment.deployment.name} before the one that runs`,
      );
    const steps = undoAll(shipment);
    return {
      release: earlier,
      previous: current,
      url: publicUrl(shipment, undefined),
      before: [],
      // Undone once more, it is the current one again.
      steps: [...steps.map((act) => ({ ...act, undo: [act] })), ...waitForAll(shipment, earlier)],
    };
  },

  status: async (shipment) => [
    inNamespace(shipment, 'get', 'deployments,statefulsets,pods,services,ingresses', '--output', 'wide'),
  ],
  logs: async (shipment, follow) => [
    inNamespace(
      shipment,
      ...['logs', '--selector', `app.kubernetes.io/name=${shipment.deployment.name}`],
      ...['--all-containers', '--prefix', '--tail', '200', '--max-log-requests', '20'],
      ...(follow ? ['--follow'] : []),
    ),
  ],
  destroy: async (shipment) => {
    const { name } = shipment.deployment;
    const kinds =
      'deployments.apps,statefulsets.apps,services,ingresses.networking.k8s.io,networkpolicies.networking.k8s.io,poddisruptionbudgets.policy';
    return {
      steps: [{ title: 'delete the workloads', run: inNamespace(shipment, 'delete', kinds, '--all') }],
      remains: `the namespace ${name} with the secret and the volumes of the bridge and the api; kubectl delete namespace ${name} removes them for good`,
    };
  },
};

function buildAndPush(
  { release }: Shipment,
  stage: 'kit' | 'slim',
  repository: string,
  base: string | undefined,
): Step[] {
  const image = `${repository}:${release}`;
  return [
    { title: `build the image ${stage}`, run: dockerBuild(stage, image, { release, base }) },
    { title: `push the image ${stage}`, run: dockerPush(image) },
  ];
}

/** Given to kubectl as JSON, which is YAML. */
function apply(title: string, object: object): Step {
  return { title, run: { ...kubectl('apply', '--filename', '-'), input: JSON.stringify(object) } };
}

/** With what the cluster has already, in base64 as it gives it. */
function secretOf(shipment: Shipment, known: Readonly<Record<string, string>>): object {
  const given = Object.fromEntries(
    Object.entries(shipment.secrets).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  const made = { INTERNAL_SECRET: Buffer.from(randomBytes(SECRET_BYTES).toString('hex')).toString('base64') };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: secretName(shipment), namespace: shipment.deployment.name },
    data: { ...made, ...known, ...given },
  };
}

function undoAll(shipment: Shipment): Step[] {
  return workloads().map((workload) => ({
    title: `go back with ${workload}`,
    run: inNamespace(shipment, 'rollout', 'undo', workload),
  }));
}

function waitForAll(shipment: Shipment, release: string): Step[] {
  const timeout = `--timeout=${ROLLED_OUT_WITHIN_S}s`;
  return [
    ...workloads().map((workload) => ({
      title: `wait until ${workload} is rolled out`,
      run: inNamespace(shipment, 'rollout', 'status', workload, timeout),
    })),
    ...(publicUrl(shipment, undefined) === undefined
      ? []
      : [
          {
            title: `wait until ${release} is healthy`,
            run: { until: 'healthy', release, withinMs: HEALTHY_WITHIN_MS } as const,
          },
        ]),
  ];
}

/** The bridge first: the api behind it waits, and the gate holds what comes. */
function workloads(): string[] {
  const pods = planPods(renderInput(facts));
  return pods
    .map(({ owner, keeps }) => `${keeps === 'files' ? 'statefulset' : 'deployment'}/${owner.name}`)
    .sort((left, right) => right.localeCompare(left));
}

/** Of the gate, by the tag of its image, the newest first: its ReplicaSets are what `rollout undo` goes back to. */
async function listReleases(shipment: Shipment, ask: Ask): Promise<string[]> {
  const gate = planPods(renderInput(facts)).find(({ owner }) => owner.exposure === 'public');
  const { name } = shipment.deployment;
  const label = `app.kubernetes.io/name=${name},app.kubernetes.io/component=${gate?.owner.name}`;
  const outcome = await ask(
    inNamespace(shipment, 'get', 'replicasets', '--selector', label, '--output', 'json'),
  );
  const { items = [] } = parseOutput(replicaSetsSchema, outcome, 'kubectl get replicasets') ?? {};
  const revision = (item: (typeof items)[number]) =>
    Number(item.metadata.annotations['deployment.kubernetes.io/revision'] ?? 0);
  return items
    .toSorted((left, right) => revision(right) - revision(left))
    .flatMap(({ spec }) => tagOf(spec.template.spec.containers[0]?.image) ?? []);
}

function getSecret({ deployment }: Pick<Shipment, 'deployment'>): Command {
  const name = secretName({ deployment });
  return inNamespace({ deployment }, 'get', 'secret', name, '--ignore-not-found', '--output', 'json');
}

function inNamespace({ deployment }: Pick<Shipment, 'deployment'>, ...words: string[]): Command {
  return kubectl('--namespace', deployment.name, ...words);
}

function kubectl(...words: string[]): Command {
  return { argv: ['kubectl', ...words] };
}

const secretSchema = z.looseObject({ data: z.record(z.string(), z.string()).default({}) });
const replicaSetsSchema = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).default({}) }),
      spec: z.looseObject({
        template: z.looseObject({
          spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string() })) }),
        }),
      }),
    }),
  ),
});
