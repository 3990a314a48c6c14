import { ConfigError, EXIT_CONFIG, readApiKeys } from '#config';
import type { Report, Row } from '../operate/smoke/report.ts';
import { smoke } from '../operate/smoke/smoke.ts';
import { UrlError } from '../operate/smoke/target.ts';
import { type Command, UsageError } from './command.ts';

/** `gatehouse smoke URL`: looks at a deployment from outside, and exits 1 when something failed. */
export async function smokeDeployment({ operands, settings, options, values }: Command): Promise<void> {
  const [url] = operands;
  if (url === undefined)
    throw new UsageError('smoke wants a URL, such as https://app.example.com or http://localhost:8001');
  const [flag] = Object.keys(settings);
  // A key in an argument is seen by everyone on the machine, and the other settings are not those of the deployment.
  if (flag !== undefined)
    throw new UsageError(`smoke takes no setting: put ${flag} into the environment or .env`);
  const [apiKey] = keysOrExit();
  const report = await run(url, {
    apiKey,
    expectRelease: values['expect-release'],
    send: options.has('send'),
  });
  process.stdout.write(options.has('json') ? `${JSON.stringify(report, null, 2)}\n` : layOut(report));
  if (!report.ok) process.exitCode = 1;
}

function keysOrExit(): readonly string[] {
  try {
    return readApiKeys();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\nNothing was asked.\n`);
    process.exit(EXIT_CONFIG);
  }
}

async function run(...args: Parameters<typeof smoke>): Promise<Report> {
  try {
    return await smoke(...args);
  } catch (error) {
    if (error instanceof UrlError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

const MARKS = { passed: '✓', failed: '✗', warned: '!', skipped: '-' } as const satisfies Record<
  Row['state'],
  string
>;
/** ANSI: green, red, yellow, dim. */
const COLOURS = { passed: 32, failed: 31, warned: 33, skipped: 2 } as const satisfies Record<
  Row['state'],
  number
>;

function layOut({ url, rows, took_ms: tookMs }: Report): string {
  const isColoured = process.stdout.isTTY && process.stdout.hasColors();
  const paint = (state: Row['state'], text: string) =>
    isColoured ? `\u001b[${COLOURS[state]}m${text}\u001b[0m` : text;
  const width = Math.max(...rows.map(({ name }) => name.length));
  const indent = ' '.repeat(width + 6);
  const lines = rows.flatMap(({ name, state, evidence, cause, remedy }) => [
    `  ${paint(state, MARKS[state])} ${name.padEnd(width)}  ${evidence}`,
    ...(cause === undefined ? [] : [`${indent}it is: ${cause}`]),
    ...(remedy === undefined ? [] : [`${indent}do: ${remedy}`]),
  ]);
  const count = (state: Row['state']) => rows.filter((row) => row.state === state).length;
  const sum = `${count('passed')} passed, ${count('failed')} failed, ${count('warned')} to look at, ${count('skipped')} not looked at, in ${(tookMs / 1_000).toFixed(1)} s`;
  return `\n${url}\n\n${lines.join('\n')}\n\n${sum}\n`;
}
