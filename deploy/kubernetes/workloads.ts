import type { RenderInput } from '../platform.ts';
import { IMAGE_USER, SHARED_MEMORY_MB, TMP_MB } from '../rendering/container-limits.ts';
import { graceSeconds } from '../rendering/stop-time.ts';
import { containerOf, LEAVE_S } from './containers.ts';
import { type ManifestObject, metadata, podLabels } from './manifest.ts';
import type { PodPlan } from './pods.ts';

/** Pods that keep nothing: two, so that a node may go. */
const REPLICAS = 2;

/** The workload of one pod, with its claim where it keeps something and is no StatefulSet. */
export function workloadOf(input: RenderInput, pod: PodPlan): ManifestObject[] {
  if (pod.keeps === 'files') return [statefulSet(input, pod)];
  return [deploymentOf(input, pod), ...(pod.keeps === 'database' ? [claimOf(input, pod)] : [])];
}

/** One pod with a name and a volume of its own: Kubernetes never runs two of it, not even while it replaces it. */
function statefulSet(input: RenderInput, pod: PodPlan): ManifestObject {
  const { name } = pod.owner;
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: metadata(input, name),
    spec: {
      replicas: 1,
      serviceName: name,
      selector: { matchLabels: podLabels(input, name) },
      // Not OrderedReady, which would wait for ever for a pod that a bad release has broken.
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate' },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      template: podTemplate(input, pod, []),
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data' },
          spec: claimSpec(input),
        },
      ],
    },
  };
}

function deploymentOf(input: RenderInput, pod: PodPlan): ManifestObject {
  const { name } = pod.owner;
  const keepsDatabase = pod.keeps === 'database';
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(input, name),
    spec: {
      replicas: keepsDatabase ? 1 : REPLICAS,
      selector: { matchLabels: podLabels(input, name) },
      // One file of SQLite has one writer: the old pod ends before the new one starts, and the gate holds requests.
      strategy: keepsDatabase
        ? { type: 'Recreate' }
        : { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: podTemplate(input, pod, [
        keepsDatabase
          ? { name: 'data', persistentVolumeClaim: { claimName: claimName(name) } }
          : { name: 'data', emptyDir: {} },
      ]),
    },
  };
}

function podTemplate(input: RenderInput, pod: PodPlan, dataVolume: readonly object[]): object {
  const { name, browser } = pod.owner;
  const leaveS = pod.keeps === undefined ? LEAVE_S : 0;
  return {
    metadata: { labels: podLabels(input, name) },
    spec: {
      terminationGracePeriodSeconds: graceSeconds(input) + leaveS,
      // A Service of the name api would put API_PORT=tcp://… into every container.
      enableServiceLinks: false,
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: IMAGE_USER,
        runAsGroup: IMAGE_USER,
        fsGroup: IMAGE_USER,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      ...(pod.keeps === undefined ? { affinity: apart(input, name) } : {}),
      containers: [pod.owner, ...pod.sidecars].map((service) => containerOf(input, pod, service)),
      volumes: [
        ...dataVolume,
        { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: `${TMP_MB}Mi` } },
        ...(browser === true
          ? [{ name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: `${SHARED_MEMORY_MB}Mi` } }]
          : []),
      ],
    },
  };
}

/** On nodes of their own, where there are several. */
function apart(input: RenderInput, name: string): object {
  const podAffinityTerm = {
    topologyKey: 'kubernetes.io/hostname',
    labelSelector: { matchLabels: podLabels(input, name) },
  };
  return {
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }] },
  };
}

function claimName(name: string): string {
  return `${name}-data`;
}

function claimOf(input: RenderInput, pod: PodPlan): ManifestObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: metadata(input, claimName(pod.owner.name), pod.owner.name),
    spec: claimSpec(input),
  };
}

function claimSpec({ deployment }: RenderInput): object {
  return {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: `${deployment.volumeGb}Gi` } },
  };
}
