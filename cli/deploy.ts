import { createInterface } from 'node:readline/promises';
import { ConfigError, EXIT_CONFIG, inheritedEnvironment } from '#config';
import type { Platform } from '../deploy/platform.ts';
import { platforms } from '../deploy/platforms.ts';
import { processClock } from '../deploy/shipping/clock.ts';
import { type Command as Program, runCommand, showCommand } from '../deploy/shipping/command.ts';
import { rollBack, type Shipped, deploy as ship } from '../deploy/shipping/deploy.ts';
import { mask, maskLines, secretTexts } from '../deploy/shipping/mask.ts';
import { overHttp } from '../deploy/shipping/outside.ts';
import { checkPrerequisites, findDrift } from '../deploy/shipping/preflight.ts';
import { prepareShipment, writeFiles } from '../deploy/shipping/prepare-shipment.ts';
import { Progress } from '../deploy/shipping/progress.ts';
import { createAsk, type DeployContext, runSteps } from '../deploy/shipping/run-steps.ts';
import { DEPLOY_FILE, makeKeyIfNone } from '../deploy/shipping/settings.ts';
import { ShipError, type Shipment, type Target } from '../deploy/shipping/target.ts';
import { ROOT } from '../services/runtime/root-folder.ts';
import { type Command, UsageError } from './command.ts';

/** Lines of the output of a failed program that are shown. */
const OUTPUT_LINES = 40;
const INTERRUPTIONS = ['SIGINT', 'SIGTERM'] as const;

interface Job {
  readonly platform: Platform;
  readonly target: Target;
  readonly shipment: Shipment;
  readonly context: Omit<DeployContext, 'findUrl'>;
}

/** `gatehouse deploy`: ships to a target, and takes it back when it does not stand. */
export function deploy(command: Command): Promise<void> {
  return carryOut(command, true, async ({ target, shipment, context }) => {
    const shipped = await ship(target, shipment, context);
    if (!context.isDry) context.progress.note(closing(shipment, shipped));
  });
}

/** `gatehouse rollback`: the release before takes over again. */
export function rollback(command: Command): Promise<void> {
  return carryOut(command, false, async ({ target, shipment, context }) => {
    const { url } = await rollBack(target, shipment, context);
    if (!context.isDry)
      context.progress.note(`\nThe release before serves again${url === undefined ? '' : ` at ${url}`}`);
  });
}

/** `gatehouse status`: what runs there. */
export function status(command: Command): Promise<void> {
  return carryOut(command, false, async ({ target, shipment, context }) =>
    show(await target.status(shipment, createAsk(context)), context),
  );
}

/** `gatehouse logs [--follow]`. */
export function logs(command: Command): Promise<void> {
  const isFollowed = command.options.has('follow');
  return carryOut(command, false, async ({ target, shipment, context }) =>
    show(await target.logs(shipment, isFollowed, createAsk(context)), context),
  );
}

/** `gatehouse destroy`: removes what runs, and says what remains. */
export function destroy(command: Command): Promise<void> {
  return carryOut(command, false, async ({ platform, target, shipment, context }) => {
    if (!context.isDry && !command.options.has('yes'))
      await confirmEnd(shipment.deployment.name, platform.name);
    const { steps, remains } = await target.destroy(shipment, createAsk(context));
    await runSteps(steps, { ...context, findUrl: () => Promise.resolve('') });
    context.progress.note(`What remains: ${remains}`);
  });
}

/** Exits with 1 when it fails, and shows the end of the output of the failed program; with 78 for wrong settings. */
async function carryOut(
  command: Command,
  isDeploy: boolean,
  work: (job: Job) => Promise<void>,
): Promise<void> {
  const { platform, target } = findTarget(command.values.target);
  const interruption = new AbortController();
  // What runs is ended, and what was done is then taken back.
  const interrupt = () => interruption.abort();
  for (const signal of INTERRUPTIONS) process.on(signal, interrupt);
  const context: Job['context'] = {
    run: runCommand,
    outside: overHttp,
    clock: processClock,
    folder: ROOT,
    environment: inheritedEnvironment(),
    secrets: [],
    isDry: command.options.has('dry-run'),
    progress: new Progress(process.stdout),
    signal: interruption.signal,
  };
  let secrets: readonly string[] = [];
  try {
    const shipment = await prepare(command, { platform, target }, isDeploy, context);
    secrets = secretTexts(shipment.secrets);
    if (!context.isDry) writeFiles(target, shipment);
    await work({ platform, target, shipment, context: { ...context, secrets } });
  } catch (error) {
    tell(error, secrets);
  } finally {
    for (const signal of INTERRUPTIONS) process.off(signal, interrupt);
  }
}

function findTarget(wanted: string | undefined): Pick<Job, 'platform' | 'target'> {
  const known = platforms.flatMap(({ target, ...platform }) =>
    target === undefined ? [] : [{ platform, target }],
  );
  const found = wanted === undefined ? known[0] : known.find(({ platform }) => platform.name === wanted);
  if (found !== undefined) return found;
  const names = known.map(({ platform }) => platform.name).join(', ');
  if (platforms.some(({ name }) => name === wanted))
    throw new UsageError(
      `${wanted} is rendered only, and deployed by hand: its file, under deploy/rendered/${wanted}, says how at its top; make deploy ships to ${names}`,
    );
  throw new UsageError(`there is no target "${wanted}"; there are ${names}`);
}

/** What is shipped, once nothing speaks against it. Throws with all that does, of whatever kind, at once. */
async function prepare(
  { settings: commandLine, values: { image, url } }: Command,
  { platform, target }: Pick<Job, 'platform' | 'target'>,
  isDeploy: boolean,
  context: Job['context'],
): Promise<Shipment> {
  if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new UsageError(`--url "${url}" is no URL of a kit: write https://…`);
  const { isDry, progress } = context;
  const env = context.environment;
  const faults = isDry
    ? []
    : [...(isDeploy ? findDrift(platform, ROOT) : []), ...(await checkPrerequisites(target, context))];
  // To look, to go back and to end wants no secret: at three in the morning it may be elsewhere.
  const mayAsk = isDeploy && !isDry && faults.length === 0;
  if (target.makesKey && mayAsk && makeKeyIfNone(ROOT, env))
    progress.note(`A key for the api was made: API_KEYS in ${DEPLOY_FILE}, which only you may read.`);
  const options = { target, platform, commandLine, env, root: ROOT, mayAsk };
  try {
    const shipment = await prepareShipment(
      { ...options, ...(image === undefined ? {} : { image }), ...(url === undefined ? {} : { url }) },
      context,
    );
    // What a file cannot hold is found before anything is done.
    target.files(shipment);
    if (faults.length === 0) return shipment;
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError([...faults, ...error.problems]);
    if (!(error instanceof ShipError) || faults.length === 0) throw error;
    faults.push(error.message);
  }
  throw new ShipError(`${faults.join('\n')}\nnothing was done`);
}

function tell(error: unknown, secrets: readonly string[]): void {
  if (error instanceof ConfigError) {
    process.stderr.write(
      `${error.message}\nNothing was done. A deploy's settings stand in ${DEPLOY_FILE}, or in the environment.\n`,
    );
    process.exitCode = EXIT_CONFIG;
    return;
  }
  if (!(error instanceof ShipError)) throw error;
  const output = mask(error.output, secrets).trimEnd().split('\n').slice(-OUTPUT_LINES).join('\n');
  process.stderr.write(
    `\n${output === '' ? '' : `${output}\n\n`}gatehouse: ${mask(error.message, secrets)}\n`,
  );
  process.exitCode = 1;
}

/** Lets programs speak for themselves. */
async function show(commands: readonly Program[], context: Job['context']): Promise<void> {
  for (const command of commands) {
    if (context.isDry) {
      context.progress.plan('show', showCommand(command, context.secrets));
      continue;
    }
    const output = maskLines(context.secrets, (text) => void process.stdout.write(text));
    const { code } = await context.run(command, { ...context, onOutput: output.push });
    output.end();
    if (code !== 0 && !context.signal.aborted) process.exitCode = 1;
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
  ${release} serves${url === undefined ? '' : ` at ${url}`}${previous === undefined ? '' : `; ${previous} has ended, and make rollback brings it back`}
${url === undefined ? '' : `\n  health       ${url}/health\n  ${phone}`}
  key          API_KEYS, in ${DEPLOY_FILE} or where you set it
${warnings.map(({ name, evidence, remedy = '' }) => `\n  ! ${name}: ${evidence}. ${remedy}`).join('')}`;
}
