import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Deployment } from '#config';
import { platforms } from '../../../../deploy/platforms.ts';
import { deploy, rollBack } from '../../../../deploy/shipping/deploy.ts';
import { secretTexts } from '../../../../deploy/shipping/mask.ts';
import { prepareShipment, writeFiles } from '../../../../deploy/shipping/prepare-shipment.ts';
import { Progress } from '../../../../deploy/shipping/progress.ts';
import type { DeployContext } from '../../../../deploy/shipping/run-steps.ts';
import { ShipError, type Shipment } from '../../../../deploy/shipping/target.ts';
import { startShipped } from './shipped.ts';
import { type Answer, StandIns } from './stand-ins.ts';

export const KEY = 'key-of-the-deploy-0123456789abcdef';
const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

export interface SceneOptions {
  readonly target: string;
  readonly programs: readonly string[];
  readonly release?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly image?: string;
  readonly platforms?: Deployment['platforms'];
  /** What answers at the port before. */
  readonly serving?: string;
  readonly isDry?: boolean;
  /** The platform is asked where it is reached. */
  readonly asksUrl?: boolean;
}

/** A target among stand-ins for its programs, and a small server for what it has shipped. */
export async function startScene(options: SceneOptions) {
  const standIns = new StandIns(options.programs);
  if (options.serving !== undefined) standIns.serving = options.serving;
  const shipped = await startShipped(() => standIns.serving, KEY);
  const platform = platforms.find(({ name }) => name === options.target);
  const target = platform?.target;
  if (target === undefined || platform === undefined) throw new Error(`no target ${options.target}`);
  const root = mkdtempSync(join(tmpdir(), 'gatehouse-scene-'));
  const interruption = new AbortController();
  let told = '';
  const stream = new PassThrough();
  stream.on('data', (piece: Buffer) => {
    told += piece.toString();
  });
  const context: Omit<DeployContext, 'findUrl'> = {
    folder: ROOT,
    environment: standIns.environment,
    secrets: [],
    isDry: options.isDry ?? false,
    progress: new Progress(stream),
    signal: interruption.signal,
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
        ...(options.asksUrl === true ? {} : { url: shipped.url }),
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
    standIns,
    url: shipped.url,
    root,
    interruption,
    context,
    settle,
    answer: (answers: readonly Answer[]) => standIns.answer(answers),
    /** Give what went wrong, or nothing. */
    deploy: () => run(deploy),
    rollBack: () => run(rollBack),
    /** All that was told of it. */
    get told(): string {
      return told;
    },
    /** What was done, the looks left out. */
    get lines(): string[] {
      return standIns.lines.map((line) => line.replaceAll(root, 'ROOT'));
    },
    async [Symbol.asyncDispose]() {
      await shipped[Symbol.asyncDispose]();
      standIns[Symbol.dispose]();
      rmSync(root, { recursive: true });
    },
  };
}
