import type { Platform, RenderedFile, RenderInput } from '../platform.ts';
import { containerEnvironment } from '../rendering/container-environment.ts';
import { fileHeader } from '../rendering/file-header.ts';
import { LIVE_PATH } from '../rendering/health-paths.ts';
import { requireOneContainer } from '../rendering/one-container.ts';
import { choiceOf } from '../rendering/render-input.ts';
import { yamlText } from '../rendering/yaml-text.ts';
import { CPUS, facts, MOST_CONCURRENCY, MOST_MB_PER_CPU, MOST_REQUEST_S, STARTUP_LIMIT_S } from './facts.ts';

const FILE = 'deploy/rendered/cloudrun/service.yaml';

const STARTUP_PERIOD_S = 5;
/** What /tmp and shared memory of the browser may take: all that is not the share is memory. */
const SCRATCH_MB = 256;
/** Google Cloud Run, as a Knative service. */
export const cloudrun: Platform<'cloudrun'> = { name: 'cloudrun', facts, files: [FILE], render };

function render(input: RenderInput): readonly RenderedFile[] {
  const { deployment, config } = input;
  const { image, share } = choiceOf(input);
  requireOneContainer('cloudrun', input, facts, reasonsAgainst(input));
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
          containerConcurrency: MOST_CONCURRENCY,
          timeoutSeconds: MOST_REQUEST_S,
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
                failureThreshold: STARTUP_LIMIT_S / STARTUP_PERIOD_S,
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
    ...(accepts.includes('two-bridges-for-a-moment')
      ? []
      : [
          "it starts a new instance before it ends the old one, and NFS is mounted there without locks: accept that two bridges meet for some seconds and one is thrown out, with 'two-bridges-for-a-moment' in platforms.cloudrun.accepts, or choose a platform with a volume",
        ]),
    ...(image === undefined
      ? ['it builds no image from this file: name yours, in Artifact Registry, in platforms.cloudrun.image']
      : []),
    ...(CPUS.includes(cpus)
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
