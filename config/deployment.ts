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
}
