import type { ServiceDeclaration } from '#config';
import type { RenderInput } from '../platform.ts';
import { runningServices } from '../rendering/render-input.ts';
import { type ManifestObject, metadata, podLabels } from './manifest.ts';
import { callersOf, type PodPlan, portNumber } from './pods.ts';

const PUBLIC_PORT = 80;

/** How the services of one pod are found, and by whom alone. */
export function networkOf(input: RenderInput, pods: readonly PodPlan[], pod: PodPlan): ManifestObject[] {
  const services = [pod.owner, ...pod.sidecars];
  return [
    ...services.map((service) => serviceOf(input, pod, service)),
    ...services.map((service) => policyOf(input, pods, pod, service)),
    ...(pod.keeps === undefined ? [budgetOf(input, pod)] : []),
  ];
}

function serviceOf(input: RenderInput, pod: PodPlan, service: ServiceDeclaration): ManifestObject {
  const { name, exposure } = service;
  const isHeadless = pod.keeps === 'files' && name === pod.owner.name;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(input, name, pod.owner.name),
    spec: {
      selector: podLabels(input, pod.owner.name),
      // The name stays while the pod is not ready: a name that is not found is one more failure to tell apart.
      ...(isHeadless ? { clusterIP: 'None', publishNotReadyAddresses: true } : { type: 'ClusterIP' }),
      ports: [
        {
          name,
          port: exposure === 'public' ? PUBLIC_PORT : portNumber(input, service),
          targetPort: name,
        },
      ],
    },
  };
}

/** Who may call a service: the outside the gate, the gate what it routes to, and else those that are declared. */
function policyOf(
  input: RenderInput,
  pods: readonly PodPlan[],
  pod: PodPlan,
  service: ServiceDeclaration,
): ManifestObject {
  const podOf = (name: string) =>
    pods.find(({ owner, sidecars }) => [owner, ...sidecars].some((one) => one.name === name))?.owner.name;
  const callers = callersOf(service, runningServices(input)).flatMap((caller) => podOf(caller) ?? []);
  const from = [...new Set(callers)].map((caller) => ({
    podSelector: { matchLabels: podLabels(input, caller) },
  }));
  const ports = [{ protocol: 'TCP', port: service.name }];
  const isOpen = service.exposure === 'public';
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(input, service.name, pod.owner.name),
    spec: {
      podSelector: { matchLabels: podLabels(input, pod.owner.name) },
      policyTypes: ['Ingress'],
      // An empty list of callers would let all of them in.
      ingress: isOpen ? [{ ports }] : from.length > 0 ? [{ from, ports }] : [],
    },
  };
}

/** Lets nodes be emptied one after the other. What keeps something is one pod, and may go when its node must. */
function budgetOf(input: RenderInput, pod: PodPlan): ManifestObject {
  const { name } = pod.owner;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata(input, name),
    spec: { maxUnavailable: 1, selector: { matchLabels: podLabels(input, name) } },
  };
}

/** The gate under its name on the internet, through the Ingress controller of the cluster. */
export function ingressOf(input: RenderInput, gate: ServiceDeclaration, host: string): ManifestObject {
  const { config, deployment } = input;
  const bodyMb = Math.ceil(Math.max(config.gate.maxBodyBytes, config.outbox.mediaMaxBytes) / 1024 ** 2) + 1;
  const backend = { service: { name: gate.name, port: { name: gate.name } } };
  const head = metadata(input, gate.name);
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      ...head,
      // For ingress-nginx; others pass streams and large bodies as they are.
      ...{
        annotations: {
          'nginx.ingress.kubernetes.io/proxy-body-size': `${bodyMb}m`,
          'nginx.ingress.kubernetes.io/proxy-buffering': 'off',
          'nginx.ingress.kubernetes.io/proxy-request-buffering': 'off',
          'nginx.ingress.kubernetes.io/proxy-read-timeout': '300',
          'nginx.ingress.kubernetes.io/proxy-send-timeout': '300',
        },
      },
    },
    spec: {
      tls: [{ hosts: [host], secretName: `${deployment.name}-tls` }],
      rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}
