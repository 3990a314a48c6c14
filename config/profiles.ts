/**
 * One place a platform: what the kit must know of it to choose defaults. Sources: the platforms' own documents, November
 * 2026. These defaults stay here, since the kit chooses them at run time and config imports no other part of the kit.
 * All other facts of a platform, with the grace that its rendered file asks for, are in `deploy/<platform>/facts.ts`.
 */
export const profiles = {
  local: {
    doc: 'a machine of your own; the gate binds loopback',
    stopGraceMs: 12_000,
    trustedProxyHops: 0,
    spansHosts: false,
    hasOtherUsers: true,
  },
  docker: {
    doc: 'a container on a host of your own',
    detect: 'GATEHOUSE_IMAGE',
    stopGraceMs: 10_000,
    trustedProxyHops: 0,
    spansHosts: false,
  },
  // Railway gives 0 s unless RAILWAY_DEPLOYMENT_DRAINING_SECONDS is set; the deploy sets it to 30.
  railway: {
    doc: 'Railway',
    detect: 'RAILWAY_ENVIRONMENT_NAME',
    stopGraceMs: 30_000,
    trustedProxyHops: 1,
    spansHosts: false,
  },
  render: { doc: 'Render', detect: 'RENDER', stopGraceMs: 30_000, trustedProxyHops: 1, spansHosts: false },
  // The rightmost entry of X-Forwarded-For is the app's own address there: the client is the second.
  fly: { doc: 'Fly.io', detect: 'FLY_APP_NAME', stopGraceMs: 5_000, trustedProxyHops: 2, spansHosts: false },
  heroku: { doc: 'Heroku', detect: 'DYNO', stopGraceMs: 30_000, trustedProxyHops: 1, spansHosts: false },
  cloudrun: {
    doc: 'Google Cloud Run',
    detect: 'K_SERVICE',
    stopGraceMs: 10_000,
    trustedProxyHops: 1,
    spansHosts: false,
  },
  kubernetes: {
    doc: 'Kubernetes, a workload a service',
    detect: 'KUBERNETES_SERVICE_HOST',
    stopGraceMs: 30_000,
    trustedProxyHops: 1,
    spansHosts: true,
  },
  custom: {
    doc: 'anything else, one machine',
    stopGraceMs: 10_000,
    trustedProxyHops: 0,
    spansHosts: false,
    hasOtherUsers: true,
  },
} as const satisfies Record<string, Profile>;

export interface Profile {
  readonly doc: string;
  /** The platform's own variable whose presence tells that we run there; for docker, the image's. */
  readonly detect?: string;
  /** From the stop signal to SIGKILL. */
  readonly stopGraceMs: number;
  /** Proxies of the platform in front of the gate, whose forwarding headers are believed. */
  readonly trustedProxyHops: number;
  /** Services run on hosts of their own, so internal addresses need not be loopback. */
  readonly spansHosts: boolean;
  /** The machine may have users who are no business of the kit; a container has none. */
  readonly hasOtherUsers?: true;
}

export type ProfileName = keyof typeof profiles;

export const profileNames = Object.keys(profiles).filter(isProfileName);

export function isProfileName(text: unknown): text is ProfileName {
  return typeof text === 'string' && Object.hasOwn(profiles, text);
}

/** The profile that the platform's own variables name, else `local`. */
export function detectProfile(env: Readonly<Record<string, string | undefined>>): {
  name: ProfileName;
  because: string;
} {
  // The image says that it is one wherever it runs: whoever runs it, if known, comes first.
  for (const name of [...profileNames.filter((other) => other !== 'docker'), 'docker' as const]) {
    const profile: Profile = profiles[name];
    if (profile.detect !== undefined && (env[profile.detect] ?? '') !== '')
      return { name, because: profile.detect };
  }
  return { name: 'local', because: 'no platform variable is set' };
}

/** The drain budget that leaves the platform's grace a margin of 2 s (of a fifth when the grace is short). */
export function defaultDrainMs(name: ProfileName): number {
  const grace = profiles[name].stopGraceMs;
  return grace - Math.min(2_000, grace / 5);
}
