import type { ProfileName } from './profiles.ts';
import type { Variables } from './sources.ts';

/**
 * What is shipped, beside what runs (`topology.ts`): the same for every platform. Edit it, then `make render`. Values
 * that must not be read by others are no place here: name them in `secrets`, and set them where the platform keeps them.
 */
export const deployment = {
  name: 'gatehouse',
  memoryMb: 1_024,
  cpus: 1,
  volumeGb: 5,
  settings: {},
  secrets: ['API_KEYS'],
  // What a platform cannot give is named here, with what stands in for it. Without its entry it is refused, with the
  // reasons. The file that is made says at its top what was accepted.
  platforms: {
    heroku: { secrets: ['DATABASE_URL'], accepts: ['login-lost-at-restart'] },
    // Stand-ins for your own: a registry and a project, and the address and network of an NFS server such as Filestore.
    cloudrun: {
      secrets: ['DATABASE_URL'],
      accepts: ['two-bridges-for-a-moment'],
      image: 'europe-west1-docker.pkg.dev/PROJECT/gatehouse/gatehouse',
      share: { server: '10.0.0.2', path: '/gatehouse', network: 'default', subnetwork: 'default' },
    },
  },
} as const satisfies Deployment;

export interface Deployment {
  /** Of the app, the image, the compose project, the unit, the Kubernetes objects: a DNS label. */
  readonly name: string;
  /** For the kit with its browser; below 768 Chromium is killed under load. */
  readonly memoryMb: number;
  readonly cpus: number;
  /** For DATA_DIR: the login, the outbox, the event log. */
  readonly volumeGb: number;
  /** Where it is reached from outside, without scheme; the platform's own name when unset. */
  readonly domain?: string;
  /** In the platform's own words. */
  readonly region?: string;
  /** Settings that differ from the defaults of the platform's profile, by variable; no secrets. */
  readonly settings: Variables;
  /** Variables that must be set, as secrets of the platform, before the first deploy. */
  readonly secrets: readonly string[];
  /** What holds on one platform only, by the profile it runs under. */
  readonly platforms?: Readonly<Partial<Record<ProfileName, PlatformChoice>>>;
}

/** What an operator decides for one platform, on top of what holds everywhere. */
export interface PlatformChoice {
  readonly region?: string;
  readonly settings?: Variables;
  readonly secrets?: readonly string[];
  /** Losses that the operator has read and accepts. */
  readonly accepts?: readonly AcceptedLoss[];
  /** Where the platform pulls the image from, without tag, when it does not build it. */
  readonly image?: string;
  /** An NFS share for DATA_DIR, where the platform has no volumes. */
  readonly share?: NetworkShare;
}

/**
 * `login-lost-at-restart`: the browser profile goes with the container, and the phone must be linked anew each time.
 * `two-bridges-for-a-moment`: the platform starts an instance before it ends the other, and both use one login.
 */
export type AcceptedLoss = 'login-lost-at-restart' | 'two-bridges-for-a-moment';

export interface NetworkShare {
  readonly server: string;
  readonly path: string;
  /** Of the platform, through which the server is reached. */
  readonly network: string;
  readonly subnetwork: string;
}
