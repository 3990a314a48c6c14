import { type ServiceDeclaration, sensitiveVariables, variablesFor } from '#config';
import type { RenderInput } from '../platform.ts';
import { runningServices } from '../rendering/render-input.ts';
import { type PodPlan, portNumber } from './pods.ts';

/** Of a service without a browser; the api has 100 MB with a million messages, the gate 40 kB a connection. */
const SMALL_MEMORY_MB = 512;
const SMALL_REQUEST_MB = 128;
/** A probe that fails this often means what the supervisor's own would: half a minute without an answer. */
const LIVENESS = { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 } as const;
const READINESS = { periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2 } as const;
const START_PERIOD_S = 2;

/** From the moment a pod is told to end until nobody sends to it any more: its Service must have heard of it. */
export const LEAVE_S = 5;

/** The secret that holds every variable that may not be shown. */
export function secretName({ deployment }: Pick<RenderInput, 'deployment'>): string {
  return `${deployment.name}-secrets`;
}

export function settingsName({ deployment }: Pick<RenderInput, 'deployment'>): string {
  return `${deployment.name}-settings`;
}

/** One service as a container of its pod. */
export function containerOf(input: RenderInput, pod: PodPlan, service: ServiceDeclaration): object {
  const { deployment, config } = input;
  const { name, entry, command, readyPath, browser = false, kit } = service;
  const needsBrowser = browser && service.name === pod.owner.name;
  const port = portNumber(input, service);
  // A service that is not a kit service may say 503 for reasons that a restart does not mend: alive is what accepts connections.
  const alive = kit ? { httpGet: { path: readyPath, port: name } } : { tcpSocket: { port: name } };
  const ready = { httpGet: { path: readyPath, port: name } };
  return {
    name,
    image: browser ? deployment.name : `${deployment.name}-slim`,
    args: command === undefined ? ['node', entry] : [...command],
    ports: [{ name, containerPort: port }],
    envFrom: [{ configMapRef: { name: settingsName(input) } }],
    env: [...secretsOf(input, service), ...ownVariables(input, service, port)],
    startupProbe: {
      ...ready,
      periodSeconds: START_PERIOD_S,
      timeoutSeconds: 5,
      failureThreshold: Math.ceil(config.restart.readyTimeoutMs / 1_000 / START_PERIOD_S),
    },
    readinessProbe: { ...ready, ...READINESS },
    livenessProbe: { ...alive, ...LIVENESS },
    ...(pod.keeps === undefined
      ? { lifecycle: { preStop: { exec: { command: ['sleep', `${LEAVE_S}`] } } } }
      : {}),
    resources: {
      requests: {
        cpu: needsBrowser ? '250m' : '50m',
        memory: `${needsBrowser ? Math.round(deployment.memoryMb / 2) : SMALL_REQUEST_MB}Mi`,
      },
      limits: {
        ...(needsBrowser ? { cpu: String(deployment.cpus) } : {}),
        memory: `${needsBrowser ? deployment.memoryMb : SMALL_MEMORY_MB}Mi`,
      },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'data', mountPath: config.dataDir },
      { name: 'tmp', mountPath: '/tmp' },
      ...(needsBrowser ? [{ name: 'shm', mountPath: '/dev/shm' }] : []),
    ],
  };
}

/** Of the kit's own secrets, a service gets those that the topology gives it; other secrets go to services of the kit only. */
function secretsOf(input: RenderInput, { kit, secrets = [] }: ServiceDeclaration): object[] {
  if (!kit) return [];
  const own = sensitiveVariables();
  const declared = input.deployment.secrets.filter((key) => key !== 'INTERNAL_SECRET');
  return ['INTERNAL_SECRET', ...declared]
    .filter((key) => !own.has(key) || secrets.includes(key))
    .map((key) => ({
      name: key,
      valueFrom: { secretKeyRef: { name: secretName(input), key } },
    }));
}

function ownVariables(input: RenderInput, { name, kit }: ServiceDeclaration, port: number): object[] {
  const provided = Object.entries(variablesFor(name, runningServices(input), input.config.dataDir)).map(
    ([key, value]) => ({ name: key, value }),
  );
  // A service that is not a kit service finds its port in PORT, as every program does.
  return kit
    ? provided
    : [...provided, { name: 'PORT', value: String(port) }, { name: 'HOST', value: '0.0.0.0' }];
}
