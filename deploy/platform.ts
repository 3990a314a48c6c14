import type { Config, Deployment, ProfileName, ServiceDeclaration } from '#config';

/** Every place the kit can be shipped to; the name of a platform, and of `make deploy TARGET=…` where it has one. */
export const platformNames = [
  'compose',
  'swarm',
  'railway',
  'render',
  'fly',
  'heroku',
  'cloudrun',
  'kubernetes',
  'systemd',
  'nginx',
] as const;
export type PlatformName = (typeof platformNames)[number];

/** What a renderer is given: everything it may look at. */
export interface RenderInput {
  readonly deployment: Deployment;
  readonly services: readonly ServiceDeclaration[];
  /** The configuration that the kit will settle to there, with stand-ins for the secrets. */
  readonly config: Config;
}

export interface RenderedFile {
  /** From the root of the kit. */
  readonly path: string;
  readonly text: string;
}

/** One place to ship to: what is known of it, and the files it wants. */
export interface Platform<Name extends PlatformName = PlatformName> {
  readonly name: Name;
  readonly facts: PlatformFacts;
  /** Every path it may render: what is left of them is stale once the platform is refused. */
  readonly files?: readonly string[];
  /** Pure. Throws `Refusal` where the platform cannot run what the topology declares. */
  render(input: RenderInput): readonly RenderedFile[];
}

/** The platform cannot run this kit, or not safely: every reason at once, each with its remedy. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reasons: readonly string[];

  constructor(platform: PlatformName, reasons: readonly string[]) {
    super([`${platform} cannot run this kit as it is declared:`, ...reasons].join('\n  '));
    this.reasons = reasons;
  }
}

/** The rules of a platform that decide how a stateful singleton with one port is run there. */
export interface PlatformFacts {
  readonly title: string;
  /** The profile that its processes run under. The default grace and the trusted proxies are declared there. */
  readonly profile: ProfileName;
  /** Who chooses PORT: the platform, anew at each start, or its configuration file. */
  readonly port: 'injected' | 'chosen';
  /** From the start of the container to the bound port, or to the first healthy answer; undefined: no limit. */
  readonly bootLimitMs?: number;
  /** What counts as healthy, and what follows when it is not. */
  readonly health: string;
  /** The signal that asks the main process to stop. */
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  /**
   * From the stop signal to SIGKILL, as the rendered file asks for it. Where it differs from the default of the profile,
   * the kit gets it as STOP_GRACE_MS, and DRAIN_MS with it.
   */
  readonly stopGraceMs: number;
  /** The longest grace that can be asked for; undefined where it is fixed. */
  readonly mostStopGraceMs?: number;
  /** What becomes of DATA_DIR: a volume survives, an ephemeral disk goes with the container, memory counts against RAM. */
  readonly disk: 'volume' | 'ephemeral' | 'memory';
  /** Whether two instances run for a moment during a deploy, and what prevents it. */
  readonly overlap: 'never' | 'unless-volume' | 'unless-configured' | 'always';
  /** When the platform puts the kit to sleep, unless the rendered file forbids it. */
  readonly sleeps?: string;
  /** Largest request body that its edge lets through. */
  readonly mostBodyBytes?: number;
  /** Longest that its edge waits for the first byte of an answer. */
  readonly mostFirstByteMs?: number;
  /** Silence after which its edge cuts WebSockets and streams. */
  readonly edgeIdleMs?: number;
  /** Ports that nothing in the container may use. */
  readonly reservedPorts?: readonly number[];
  /** Variables that the platform, or the rendered file, sets itself. */
  readonly reservedVariables?: RegExp;
  /** Settings that the kit needs there beyond the defaults of the profile. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What the rendered file sets because of all this, for the table of the platforms. */
  readonly sets?: string;
  /** Where this was read, with the date. */
  readonly sources: readonly string[];
}
