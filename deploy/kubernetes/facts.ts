import type { PlatformFacts } from '../platform.ts';
import { DOCKER_BUILDS } from '../shipping/docker.ts';
import type { Prerequisite, TargetFacts } from '../shipping/target.ts';

/** Kubernetes: what it does with a pod, and what it asks of it. */
export const facts: PlatformFacts = {
  title: 'Kubernetes',
  profile: 'kubernetes',
  port: 'chosen',
  health:
    'startup and liveness probes restart, readiness unroutes; each service is probed on a path of its own',
  stopSignal: 'SIGTERM',
  stopGraceMs: 30_000,
  mostStopGraceMs: 3_600_000,
  disk: 'volume',
  overlap: 'unless-configured',
  sets: 'a workload a service: gate twice, api by `Recreate`, bridge as a StatefulSet; probes that wait for no QR; policies by which only the api reaches the bridge',
  sources: [
    'kubernetes.io/docs: concepts/workloads/controllers/statefulset, concepts/services-networking/network-policies, tasks/run-application/configure-pdb, read 2026-11',
  ],
};

export const prerequisites: readonly Prerequisite[] = [
  {
    what: 'the cluster lets us deploy',
    command: { argv: ['kubectl', 'auth', 'can-i', 'create', 'deployments.apps'] },
    remedy:
      'install kubectl (https://kubernetes.io/docs/tasks/tools), and choose a cluster: kubectl config use-context',
  },
  { ...DOCKER_BUILDS, what: 'the Docker engine answers, which builds the images' },
];

export const targetFacts: TargetFacts = {
  ships: 'two images built here and pushed to your registry, as a workload a service',
  waits: '`kubectl rollout status` of each, by its probes; `/health` where a domain or `--url` says where',
  rollsBack: '`kubectl rollout undo` of each',
  secrets: 'one Secret, by standard input; what is not given stays',
  testedWith: 'against stand-ins for kubectl; what it applies is read by the real kustomize',
};
