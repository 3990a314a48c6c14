import { stringify } from 'yaml';
import type { Platform, RenderedFile, RenderInput } from '../platform.ts';
import { containerEnvironment } from '../rendering/container-environment.ts';
import { comment, madeFrom } from '../rendering/file-header.ts';
import { requireOneContainer } from '../rendering/one-container.ts';
import { choiceOf } from '../rendering/render-input.ts';
import { secretName, settingsName } from './containers.ts';
import { facts } from './facts.ts';
import { type ManifestObject, toYaml } from './manifest.ts';
import { ingressOf, networkOf } from './network.ts';
import { planPods } from './pods.ts';
import { refusalsOnCluster } from './refusals.ts';
import { workloadOf } from './workloads.ts';

const FOLDER = 'deploy/rendered/kubernetes';
const FILES = {
  base: `${FOLDER}/base/kustomization.yaml`,
  workloads: `${FOLDER}/base/workloads.yaml`,
  network: `${FOLDER}/base/network.yaml`,
  production: `${FOLDER}/overlays/production/kustomization.yaml`,
  ingress: `${FOLDER}/overlays/production/ingress.yaml`,
  sandbox: `${FOLDER}/overlays/sandbox/kustomization.yaml`,
  sandboxParts: `${FOLDER}/overlays/sandbox/added.yaml`,
  sandboxChanges: `${FOLDER}/overlays/sandbox/changed.yaml`,
} as const;

/** Kubernetes, by kustomize: a base, and an overlay for production and one for the sandbox. */
export const kubernetes: Platform<'kubernetes'> = {
  name: 'kubernetes',
  facts,
  files: Object.values(FILES),
  render,
};

/** What the sandbox wants set, where it is not on the machine of who plays with it. */
const SANDBOX = { WHATSAPP: 'sandbox', SANDBOX_ALLOWED: 'true', SANDBOX_AUTO_LINK: 'true' } as const;

function render(input: RenderInput): readonly RenderedFile[] {
  requireOneContainer('kubernetes', input, facts, refusalsOnCluster(input));
  const base = objectsOf(input);
  const onSandbox = objectsOf({ ...input, config: { ...input.config, whatsapp: SANDBOX.WHATSAPP } });
  const before = [...base.workloads, ...base.network];
  const after = [...onSandbox.workloads, ...onSandbox.network];
  const added = after.filter((object) => find(before, object) === undefined);
  const changed = after.filter((object) => {
    const old = find(before, object);
    return old !== undefined && stringify(old) !== stringify(object);
  });
  const ingress = ingressesOf(input);
  return [
    file(FILES.base, [baseKustomization(input)], notesOn(input)),
    file(FILES.workloads, base.workloads),
    file(FILES.network, base.network),
    file(FILES.production, [production(input, ingress.length > 0)]),
    ...(ingress.length > 0 ? [file(FILES.ingress, ingress)] : []),
    file(FILES.sandbox, [sandbox(input, added.length > 0, changed.length > 0)]),
    ...(added.length > 0 ? [file(FILES.sandboxParts, added)] : []),
    ...(changed.length > 0 ? [file(FILES.sandboxChanges, changed)] : []),
  ];
}

function objectsOf(input: RenderInput): Record<'workloads' | 'network', ManifestObject[]> {
  const pods = planPods(input);
  return {
    workloads: pods.flatMap((pod) => workloadOf(input, pod)),
    network: pods.flatMap((pod) => networkOf(input, pods, pod)),
  };
}

function find(objects: readonly ManifestObject[], like: ManifestObject): ManifestObject | undefined {
  return objects.find(({ kind, metadata }) => kind === like.kind && metadata.name === like.metadata.name);
}

function file(path: string, objects: readonly object[], notes: readonly string[] = []): RenderedFile {
  return { path, text: comment('#', [madeFrom, ...notes]) + toYaml(objects) };
}

const KUSTOMIZATION = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' } as const;

function baseKustomization(input: RenderInput): object {
  const variables = {
    GATEHOUSE_PROFILE: input.config.profile,
    PORT: String(input.config.ports.gate),
    ...Object.fromEntries(containerEnvironment(input)),
  };
  return {
    ...KUSTOMIZATION,
    resources: ['workloads.yaml', 'network.yaml'],
    // Its name ends in a hash of its content, so that a changed setting starts new pods.
    configMapGenerator: [{ name: settingsName(input), literals: toLiterals(variables) }],
  };
}

function production(input: RenderInput, hasIngress: boolean): object {
  const { name } = input.deployment;
  const image = choiceOf(input).image ?? name;
  return {
    ...KUSTOMIZATION,
    namespace: name,
    resources: ['../../base', ...(hasIngress ? ['ingress.yaml'] : [])],
    images: [
      { name, newName: image, newTag: 'latest' },
      { name: `${name}-slim`, newName: `${image}-slim`, newTag: 'latest' },
    ],
  };
}

function sandbox(input: RenderInput, hasAdded: boolean, hasChanged: boolean): object {
  const names = planPods(input).filter(({ keeps }) => keeps === undefined);
  return {
    ...KUSTOMIZATION,
    namespace: `${input.deployment.name}-sandbox`,
    resources: ['../../base', ...(hasAdded ? ['added.yaml'] : [])],
    configMapGenerator: [{ name: settingsName(input), behavior: 'merge', literals: toLiterals(SANDBOX) }],
    ...(hasChanged ? { patches: [{ path: 'changed.yaml' }] } : {}),
    replicas: names.map(({ owner }) => ({ name: owner.name, count: 1 })),
  };
}

/** Variables for a generator of kustomize, which takes one pair of quotes off a value that has them around it. */
export function toLiterals(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).map(([key, text]) =>
    /^(["']).*\1$/s.test(text) ? `${key}='${text}'` : `${key}=${text}`,
  );
}

function ingressesOf(input: RenderInput): ManifestObject[] {
  const { domain } = input.deployment;
  const gate = input.services.find(({ exposure }) => exposure === 'public');
  return domain === undefined || gate === undefined ? [] : [ingressOf(input, gate, domain)];
}

function notesOn(input: RenderInput): string[] {
  const { name, secrets } = input.deployment;
  const literals = ['INTERNAL_SECRET', ...secrets].map((key) => `--from-literal=${key}=…`).join(' ');
  return [
    `Before the first deploy: kubectl create namespace ${name}; kubectl -n ${name} create secret generic ${secretName(input)} ${literals} (INTERNAL_SECRET: openssl rand -hex 32). Then, in overlays/production: kustomize edit set image, and kubectl apply -k .`,
    'The bridge is one pod with the WhatsApp login on its volume, and is replaced with a pause of some seconds, in which messages are taken and wait. The api is one pod while its database is SQLite; with DATABASE_URL among the secrets it keeps nothing, and runs twice.',
  ];
}
