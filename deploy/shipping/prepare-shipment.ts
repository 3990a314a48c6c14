import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Deployment } from '#config';
import type { Platform } from '../platform.ts';
import { renderInput } from '../rendering/render-input.ts';
import type { Commands } from './command.ts';
import { isReleaseName, nameRelease, tagOf } from './release.ts';
import { readDeploySettings } from './settings.ts';
import { ShipError, type Shipment, type Target } from './target.ts';

/** What a deploy writes for the programs it runs: secret, and of no use to anybody else. */
const FOLDER = '.cache/deploy';

/** What the caller asks a deploy for. */
export interface PrepareOptions {
  readonly target: Target;
  readonly platform: Platform;
  /** Settings given for this deploy. */
  readonly commandLine: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly image?: string;
  readonly url?: string;
  /** The kit's folder. */
  readonly root: string;
  /** Whether secrets are wanted, and the platform can be asked which it has: else none is missed. */
  readonly mayAsk: boolean;
}

/** What is shipped. Throws ConfigError with every wrong or missing setting, and ShipError. */
export async function prepareShipment(options: PrepareOptions, commands: Commands): Promise<Shipment> {
  const { target, platform, commandLine, env, image, url, root } = options;
  const release =
    commandLine.RELEASE || env.RELEASE || tagOf(image) || (await nameRelease(commands, new Date()));
  if (!isReleaseName(release))
    throw new ShipError(
      `RELEASE "${release}" cannot name a release: letters, digits, dots and hyphens, at most 64`,
    );
  const { deployment } = renderInput(platform.facts);
  const kept = await findKept(target, deployment, options.mayAsk, commands);
  const given = readDeploySettings(platform.facts, { commandLine, env, folder: root, kept });
  return {
    release,
    deployment,
    ...given,
    folder: join(root, FOLDER),
    ...(image === undefined ? {} : { image }),
    ...(url === undefined ? {} : { url }),
  };
}

/** Writes what the target's programs read, for its owner alone. */
export function writeFiles(target: Target, shipment: Shipment): void {
  for (const { name, text } of target.files(shipment)) {
    const path = join(shipment.folder, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, text, { mode: 0o600 });
    chmodSync(path, 0o600);
  }
}

async function findKept(
  { keptSecrets }: Target,
  deployment: Deployment,
  mayAsk: boolean,
  commands: Commands,
): Promise<readonly string[]> {
  if (keptSecrets === 'elsewhere') return deployment.secrets;
  if (keptSecrets === undefined) return mayAsk ? [] : deployment.secrets;
  const { command, read } = keptSecrets(deployment);
  const nothing = { code: 0, stdout: '', output: '' };
  if (!mayAsk) return [...deployment.secrets, ...(read(nothing) ?? [])];
  const outcome = await commands.run(command, commands);
  // Nothing is there before the first deploy.
  return read(outcome.code === 0 ? outcome : nothing) ?? [];
}
