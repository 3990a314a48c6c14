import type { Platform, PlatformFacts, RenderedFile, RenderInput } from '../platform.ts';
import { containerEnvironment } from '../rendering/container-environment.ts';
import { choiceOf, lossesOn } from '../rendering/ephemeral-disk.ts';
import { fileHeader } from '../rendering/file-header.ts';
import { LIVE_PATH } from '../rendering/health-paths.ts';
import { demandOneContainer } from '../rendering/one-container.ts';
import { yamlText } from '../rendering/yaml-text.ts';

const FILE = 'deploy/rendered/cloudrun/service.yaml';

const facts: PlatformFacts = {
  title: 'Google Cloud Run',
  profile: 'cloudrun',
  port: 'chosen',
  bootLimitMs: 240_000,
  health: '200 to 399; a failing startup or liveness probe restarts, repeated ones ever later',
  stopSignal: 'SIGTERM',
  disk: 'memory',
  overlap: 'always',
  reservedVariables: /^(K_|X_GOOGLE_)/,
  sleeps: 'to zero, and CPU only during requests, unless set otherwise',
  mostBodyBytes: 32 * 1024 ** 2,
  sets: `exactly one instance, CPU always, gen2, both probes \`${LIVE_PATH}\`, PostgreSQL, \`DATA_DIR\` on an NFS share, an hour for WebSockets`,
  sources: [
    'cloud.google.com/run/docs: reference/yaml/v1, container-contract, configuring/healthchecks, configuring/request-timeout, configuring/cpu-allocation, tutorials/network-filesystems-filestore, quotas, read 2026-11',
  ],
};

const STARTUP_PERIOD_S = 5;
/** What /tmp and shared memory of the browser may take: all that is not the share is memory. */
const SCRATCH_MB = 256;
/** The most that one CPU may have. Source: cloud.google.com/run/docs/configuring/services/memory-limits. */
const MOST_MB_PER_CPU = 4_096;

/** Google Cloud Run, as a Knative service. */
export const cloudrun: Platform<'cloudrun'> = { name: 'cloudrun', facts, files: [FILE], render };

function render(input: RenderInput): readonly RenderedFile[] {
  const { deployment, config } = input;
  const { image, share } = choiceOf(input);
  demandOneContainer('cloudrun', input, facts, reasonsAgainst(input));
  const port = config.ports.gate;
  const probe = { httpGet: { path: LIVE_PATH, port } };
  const service = {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: {
      name: deployment.name,
      annotations: {
        'run.googleapis.com/ingress': 'all',
        // The kit asks for its own keys.
        'run.googleapis.com/invoker-iam-disabled': 'true',
      },
      ...(deployment.region === undefined
        ? {}
        : { labels: { 'cloud.googleapis.com/location': deployment.region } }),
    },
    spec: {
      template: {
        metadata: {
          annotations: {
            'autoscaling.knative.dev/minScale': '1',
            'autoscaling.knative.dev/maxScale': '1',
            'run.googleapis.com/cpu-throttling': 'false',
            'run.googleapis.com/startup-cpu-boost': 'true',
            'run.googleapis.com/execution-environment': 'gen2',
            ...(share === undefined
              ? {}
              : {
                  'run.googleapis.com/network-interfaces': JSON.stringify([
                    { network: share.network, subnetwork: share.subnetwork },
                  ]),
                  'run.googleapis.com/vpc-access-egress': 'private-ranges-only',
                }),
          },
        },
        spec: {
          containerConcurrency: 1_000,
          timeoutSeconds: 3_600,
          containers: [
            {
              image,
              ports: [{ name: 'http1', containerPort: port }],
              env: [
                ...containerEnvironment(input).map(([name, value]) => ({ name, value })),
                ...deployment.secrets.map((name) => ({
                  name,
                  valueFrom: { secretKeyRef: { name: secretName(deployment.name, name), key: 'latest' } },
                })),
              ],
              resources: {
                limits: { cpu: String(deployment.cpus), memory: `${deployment.memoryMb + SCRATCH_MB}Mi` },
              },
              startupProbe: {
                ...probe,
                periodSeconds: STARTUP_PERIOD_S,
                timeoutSeconds: STARTUP_PERIOD_S,
                failureThreshold: 240 / STARTUP_PERIOD_S,
              },
              livenessProbe: { ...probe, periodSeconds: 15, timeoutSeconds: 5, failureThreshold: 4 },
              ...(share === undefined ? {} : { volumeMounts: [{ name: 'data', mountPath: config.dataDir }] }),
            },
          ],
          ...(share === undefined
            ? {}
            : {
                volumes: [{ name: 'data', nfs: { server: share.server, path: share.path, readOnly: false } }],
              }),
        },
      },
      traffic: [{ latestRevision: true, percent: 100 }],
    },
  };
  const text = yamlText(service);
  return [{ path: FILE, text: fileHeader('#', input, notesOn(input)) + text }];
}

function reasonsAgainst(input: RenderInput): string[] {
  const { memoryMb, cpus } = input.deployment;
  const { accepts = [], image } = choiceOf(input);
  return [
    ...lossesOn(input),
    ...(accepts.includes('two-bridges-for-a-moment')
      ? []
      : [
          "it starts a new instance before it ends the old one, and NFS is mounted there without locks: accept that two bridges meet for some seconds and one is thrown out, with 'two-bridges-for-a-moment' in platforms.cloudrun.accepts, or choose a platform with a volume",
        ]),
    ...(image === undefined
      ? ['it builds no image from this file: name yours, in Artifact Registry, in platforms.cloudrun.image']
      : []),
    ...([1, 2, 4, 8].includes(cpus)
      ? []
      : [`cpus is ${cpus}, and CPU that is always there comes as 1, 2, 4 or 8: change it`]),
    ...(memoryMb + SCRATCH_MB > cpus * MOST_MB_PER_CPU
      ? [
          `${memoryMb + SCRATCH_MB} MB, with /tmp, are more than ${cpus} CPUs may have: raise cpus, or lower memoryMb`,
        ]
      : []),
  ];
}

/** The name in Secret Manager of what a variable holds. */
export function secretName(app: string, variable: string): string {
  return `${app}-${variable.toLowerCase().replaceAll('_', '-')}`;
}

function notesOn(input: RenderInput): string[] {
  const { deployment, config } = input;
  const { share } = choiceOf(input);
  const secrets = deployment.secrets.map((secret) => secretName(deployment.name, secret)).join(', ');
  return [
    `Before the first deploy: the secrets ${secrets} in Secret Manager, readable by the service account.`,
    share === undefined
      ? 'The disk is memory, and lost at each restart: somebody must scan the code again each time. Messages wait in PostgreSQL.'
      : `The share ${share.server}:${share.path} holds ${config.dataDir}, the WhatsApp login above all; it must belong to user 1000. Messages are in PostgreSQL, since NFS is mounted without locks, and SQLite needs them.`,
    `A deploy starts the new instance before it ends the old one, and both would use one login. So end the old one first: gcloud run services delete ${deployment.name}, then gcloud run services replace ${FILE}; the address with the number of the project stays.`,
    'Ten seconds from SIGTERM to SIGKILL, which nothing can change; requests over 32 MiB are refused by HTTP/1.1; a WebSocket ends after an hour, and its client goes on from its last event.',
  ];
}
