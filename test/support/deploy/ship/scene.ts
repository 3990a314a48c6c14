import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Deployment } from '#config';
import { platforms } from '../../../../deploy/platforms.ts';
import { deploy, rollBack } from '../../../../deploy/shipping/deploy.ts';
import { secretTexts } from '../../../../deploy/shipping/mask.ts';
import type { Outside } from '../../../../deploy/shipping/outside.ts';
import { prepareShipment, writeFiles } from '../../../../deploy/shipping/prepare-shipment.ts';
import { Progress } from '../../../../deploy/shipping/progress.ts';
import type { DeployContext } from '../../../../deploy/shipping/run-steps.ts';
import { ShipError, type Shipment } from '../../../../deploy/shipping/target.ts';
import { scriptOutside, startScriptedClock } from './scripted-outside.ts';
import { ScriptedPrograms } from './scripted-programs.ts';
import type { Answer } from './stand-ins.ts';

export const KEY = 'key-of-the-deploy-0123456789abcdef';
const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const URL_OF_KIT = 'https://kit.example';

export interface SceneOptions {
  readonly target: string;
  readonly programs: readonly string[];
  readonly release?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly image?: string;
  readonly platforms?: Deployment['platforms'];
  /** The release that answers at the public address before the deploy. */
  readonly serving?: string;
  readonly isDry?: boolean;
  /** The deploy asks the platform for the public address. */
  readonly asksUrl?: boolean;
  /** Looks at a real kit instead of a scripted one. */
  readonly outside?: { readonly url: string; readonly look: Outside };
}

/** A deploy to a target whose programs, public address and time are scripted. */
export function createScene(options: SceneOptions) {
  const programs = new ScriptedPrograms(options.programs);
  programs.serving = options.serving ?? '';
  const platform = platforms.find(({ name }) => name === options.target);
  const target = platform?.target;
  if (target === undefined || platform === undefined) throw new Error(`no target ${options.target}`);
  const { url, look } = options.outside ?? {
    url: URL_OF_KIT,
    look: scriptOutside(URL_OF_KIT, () => programs.serving, KEY),
  };
  const root = mkdtempSync(join(tmpdir(), 'gatehouse-scene-'));
  let told = '';
  const stream = new PassThrough();
  stream.on('data', (piece: Buffer) => {
    told += piece.toString();
  });
  const context: Omit<DeployContext, 'findUrl'> = {
    run: programs.run,
    outside: look,
    clock: startScriptedClock(),
    folder: ROOT,
    environment: programs.environment,
    secrets: [],
    isDry: options.isDry ?? false,
    progress: new Progress(stream),
    signal: new AbortController().signal,
  };
  const settle = async (): Promise<Shipment> => {
    const shipment = await prepareShipment(
      {
        target,
        platform,
        commandLine: { RELEASE: options.release ?? 'new' },
        env: options.env ?? { API_KEYS: KEY },
        root,
        mayAsk: !context.isDry,
        ...(options.image === undefined ? {} : { image: options.image }),
        ...(options.asksUrl === true ? {} : { url }),
      },
      context,
    );
    const { platforms: choices = shipment.deployment.platforms } = options;
    return {
      ...shipment,
      deployment: { ...shipment.deployment, ...(choices === undefined ? {} : { platforms: choices }) },
    };
  };
  const run = async (what: typeof deploy): Promise<string> => {
    try {
      const shipment = await settle();
      if (!context.isDry) writeFiles(target, shipment);
      await what(target, shipment, { ...context, secrets: secretTexts(shipment.secrets) });
      return '';
    } catch (error) {
      if (!(error instanceof ShipError)) throw error;
      return error.message;
    }
  };
  return {
    target,
    programs,
    url,
    root,
    settle,
    answer: (answers: readonly Answer[]) => programs.answer(answers),
    /** The message of the failure; empty after success. */
    deploy: () => run(deploy),
    rollBack: () => run(rollBack),
    /** The progress that was shown. */
    get told(): string {
      return told;
    },
    /** Each command as a line. */
    get lines(): string[] {
      return programs.lines.map((line) => line.replaceAll(root, 'ROOT'));
    },
    [Symbol.dispose]() {
      rmSync(root, { recursive: true });
    },
  };
}
