import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { ConfigError, EXIT_CONFIG, inheritedEnvironment } from '#config';
import type { Platform } from '../deploy/platform.ts';
import { platforms } from '../deploy/registry.ts';
import { renderInput } from '../deploy/render-input.ts';
import { type Command as Program, runCommand, showCommand } from '../deploy/ship/command.ts';
import { perform, type Stage } from '../deploy/ship/perform.ts';
import { findDrift, findLacks } from '../deploy/ship/preflight.ts';
import { Progress } from '../deploy/ship/progress.ts';
import { isReleaseName, nameRelease, tagOf } from '../deploy/ship/release.ts';
import { DEPLOY_FILE, makeKeyIfNone, readDeploySettings } from '../deploy/ship/settings.ts';
import { rollBack, type Shipped, deploy as ship } from '../deploy/ship/ship.ts';
import { ShipError, type Shipment, type Target } from '../deploy/ship/target.ts';
import { targets } from '../deploy/ship/targets.ts';
import { ROOT } from '../services/supervisor/plan.ts';
import { type Command, UsageError } from './arguments.ts';

/** What a deploy writes for the programs it runs: secret, and of no use to anybody else. */
const FOLDER = '.cache/deploy';
/** Of what a failed program said. */
const SAID_LINES = 40;

interface Job {
  readonly target: Target;
  readonly shipment: Shipment;
  readonly stage: Omit<Stage, 'url'>;
}

/** `gatehouse deploy`: ships to a target, and takes it back when it does not stand. */
export function deploy(command: Command): Promise<void> {
  return carryOut(command, true, async ({ target, shipment, stage }) => {
    const shipped = await ship(target, shipment, stage);
    if (!stage.isDry) stage.progress.note(closing(shipment, shipped));
  });
}

/** `gatehouse rollback`: the release before takes over again. */
export function rollback(command: Command): Promise<void> {
  return carryOut(command, false, async ({ target, shipment, stage }) => {
    const { url } = await rollBack(target, shipment, stage);
    if (!stage.isDry) stage.progress.note(`\nThe release before serves again at ${url}`);
  });
}

/** `gatehouse status`: what runs there. */
export function status(command: Command): Promise<void> {
  return carryOut(command, false, ({ target, shipment, stage }) => show(target.status(shipment), stage));
}

/** `gatehouse logs [--follow]`. */
export function logs(command: Command): Promise<void> {
  const isFollowed = command.options.has('follow');
  return carryOut(command, false, ({ target, shipment, stage }) =>
    show(target.logs(shipment, isFollowed), stage),
  );
}

/** `gatehouse destroy`: removes what runs, and says what remains. */
export function destroy(command: Command): Promise<void> {
  return carryOut(command, false, async ({ target, shipment, stage }) => {
    if (!stage.isDry && !command.options.has('yes')) await confirmEnd(shipment.deployment.name, target.name);
    const { acts, remains } = target.destroy(shipment);
    await perform(acts, { ...stage, url: '' });
    stage.progress.note(`What remains: ${remains}`);
  });
}

/** Exits with 1 when it fails, and tells the end of what the failed program said; with 78 for wrong settings. */
async function carryOut(
  command: Command,
  isDeploy: boolean,
  work: (job: Job) => Promise<void>,
): Promise<void> {
  const name = command.values.target ?? targets[0]?.name;
  const target = targets.find((known) => known.name === name);
  const platform = platforms.find((known) => known.name === name);
  if (target === undefined || platform === undefined)
    throw new UsageError(
      `there is no target "${name}"; there are ${targets.map((known) => known.name).join(', ')}`,
    );
  const interruption = new AbortController();
  // The programs that run hear of it by the terminal; what was done is then taken back.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interruption.abort());
  const stage: Omit<Stage, 'url'> = {
    folder: ROOT,
    environment: inheritedEnvironment(),
    secrets: [],
    isDry: command.options.has('dry-run'),
    progress: new Progress(process.stdout),
    signal: interruption.signal,
  };
  try {
    if (!stage.isDry) {
      const drift = isDeploy ? findDrift(platform, ROOT) : [];
      const faults = [...drift, ...(await findLacks(target, stage))];
      if (faults.length > 0) throw new ShipError(`${faults.join('\n')}\nnothing was done`);
    }
    const shipment = await prepare(command, target, platform, stage);
    const secrets = Object.values(shipment.secrets).flatMap((secret) => [secret, ...secret.split(',')]);
    await work({ target, shipment, stage: { ...stage, secrets } });
  } catch (error) {
    tell(error);
  }
}

function tell(error: unknown): void {
  if (error instanceof ConfigError) {
    process.stderr.write(
      `${error.message}\nNothing was done. A deploy's settings stand in ${DEPLOY_FILE}, or in the environment.\n`,
    );
    process.exitCode = EXIT_CONFIG;
    return;
  }
  if (!(error instanceof ShipError)) throw error;
  const said = error.said.trimEnd().split('\n').slice(-SAID_LINES).join('\n');
  process.stderr.write(`\n${said === '' ? '' : `${said}\n\n`}gatehouse: ${error.message}\n`);
  process.exitCode = 1;
}

/** What is shipped; writes what the target's programs read. */
async function prepare(
  { settings: commandLine, values: { image } }: Command,
  target: Target,
  platform: Platform,
  stage: Omit<Stage, 'url'>,
): Promise<Shipment> {
  const env = inheritedEnvironment();
  if (target.makesKey && !stage.isDry && makeKeyIfNone(ROOT, env))
    stage.progress.note(`A key for the api was made: API_KEYS in ${DEPLOY_FILE}, which only you may read.`);
  const release =
    commandLine.RELEASE || env.RELEASE || tagOf(image) || (await nameRelease(stage, new Date()));
  if (!isReleaseName(release))
    throw new ShipError(
      `RELEASE "${release}" cannot name a release: letters, digits, dots and hyphens, at most 64`,
    );
  const { deployment } = renderInput(platform.facts);
  const kept = stage.isDry ? deployment.secrets : await keptSecrets(target, stage);
  const given = readDeploySettings(platform.facts, { commandLine, env, folder: ROOT, kept });
  const folder = join(ROOT, FOLDER);
  const shipment = { release, deployment, ...given, folder, ...(image === undefined ? {} : { image }) };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const { name, text } of target.files(shipment)) {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    chmodSync(join(folder, name), 0o600);
  }
  return shipment;
}

async function keptSecrets(target: Target, stage: Omit<Stage, 'url'>): Promise<readonly string[]> {
  if (target.listSecrets === undefined) return [];
  const { command, read } = target.listSecrets;
  const outcome = await runCommand(command, stage);
  // Nothing is there before the first deploy.
  return outcome.code === 0 ? read(outcome) : [];
}

/** Lets programs speak for themselves. */
async function show(commands: readonly Program[], stage: Omit<Stage, 'url'>): Promise<void> {
  for (const command of commands) {
    if (stage.isDry) {
      stage.progress.plan('show', showCommand(command, stage.secrets));
      continue;
    }
    const { code } = await runCommand(command, {
      ...stage,
      onOutput: (text) => void process.stdout.write(text),
    });
    if (code !== 0 && !stage.signal.aborted) process.exitCode = 1;
  }
}

async function confirmEnd(name: string, target: string): Promise<void> {
  if (!process.stdin.isTTY) throw new ShipError('destroy wants to be sure: say --yes (make destroy YES=1)');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(
    `This stops ${name} on ${target} for good. Type its name to go on: `,
  );
  terminal.close();
  if (answer.trim() !== name) throw new ShipError('not confirmed; nothing was done');
}

function closing({ release, config }: Shipment, { url, previous, report }: Shipped): string {
  const warnings = report?.rows.filter(({ state }) => state === 'warned') ?? [];
  const phone =
    config.whatsapp === 'sandbox' ? `phone page   ${url}/sandbox` : `link a phone ${url}/api/whatsapp/qr`;
  return `
  ${release} serves at ${url}${previous === undefined ? '' : `; ${previous} has ended, and make rollback brings it back`}

  health       ${url}/health
  ${phone}
  key          API_KEYS, in ${DEPLOY_FILE} or where you set it
${warnings.map(({ name, evidence, remedy = '' }) => `\n  ! ${name}: ${evidence}. ${remedy}`).join('')}`;
}
