import assert from 'node:assert/strict';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

/** An object of Kubernetes, loosely. */
export const objectSchema = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
export type KubernetesObject = z.infer<typeof objectSchema>;

export function parseObjects(text: string): KubernetesObject[] {
  return parseAllDocuments(text, { version: '1.1' }).map((document) => objectSchema.parse(document.toJS()));
}

const probe = z.looseObject({ httpGet: z.object({ path: z.string(), port: z.string() }).optional() });
const container = z.looseObject({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })),
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe,
  lifecycle: z.unknown().optional(),
  resources: z.object({
    requests: z.record(z.string(), z.string()),
    limits: z.record(z.string(), z.string()),
  }),
  securityContext: z.unknown(),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
});
const workload = z.looseObject({
  kind: z.enum(['Deployment', 'StatefulSet']),
  spec: z.looseObject({
    replicas: z.number(),
    strategy: z.looseObject({ type: z.string() }).optional(),
    template: z.looseObject({
      spec: z.looseObject({
        terminationGracePeriodSeconds: z.number(),
        enableServiceLinks: z.boolean(),
        automountServiceAccountToken: z.boolean(),
        securityContext: z.looseObject({ runAsNonRoot: z.boolean() }),
        containers: z.array(container),
        volumes: z.array(z.looseObject({ name: z.string() })),
      }),
    }),
  }),
});
export const policy = z.looseObject({
  spec: z.object({
    podSelector: z.unknown(),
    policyTypes: z.array(z.string()),
    ingress: z.array(
      z.object({
        from: z
          .array(z.object({ podSelector: z.object({ matchLabels: z.record(z.string(), z.string()) }) }))
          .optional(),
        ports: z.array(z.object({ port: z.string() }).loose()),
      }),
    ),
  }),
});

export const find = (objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject => {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  assert.ok(found, `there is no ${kind} ${name}`);
  return found;
};
export const workloadIn = (objects: readonly KubernetesObject[], name: string) =>
  workload.parse(
    objects.find(
      ({ kind, metadata }) => metadata.name === name && ['Deployment', 'StatefulSet'].includes(kind),
    ),
  );
export const callersIn = (objects: readonly KubernetesObject[], name: string) =>
  policy
    .parse(find(objects, 'NetworkPolicy', name))
    .spec.ingress.flatMap(({ from }) => from ?? [])
    .map(({ podSelector }) => podSelector.matchLabels['app.kubernetes.io/component']);
