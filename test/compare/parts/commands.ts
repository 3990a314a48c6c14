import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { type Checkout, WORK } from '../checkout.ts';
import { cleanEnvironment, freePorts, type Ports } from '../kit-process.ts';
import { type Known, normaliseJson, normaliseText } from '../normalise.ts';
import type { Recording } from '../recording.ts';
import { COMMANDS, type CommandRow } from '../tables/commands.ts';

/** Nothing that is compared runs longer than this. */
const WITHIN_MS = 120_000;

/** Numbers in the output of commands that depend on the machine or the moment. */
const MEASURED: readonly (readonly [pattern: RegExp, word: string])[] = [
  [/\b[0-9a-f]{40}\b/g, '<commit>'],
  [/\b\d+(?:\.\d+)? ?(ms|s|MB|GB)\b(?! ?[a-z-]*limit)/g, '<number> $1'],
  [/\b\d+ processes\b/g, '<number> processes'],
  [/Chromium [\d.]+/g, 'Chromium <version>'],
  // The doctor also sees other kits on this machine, and then has another remedy.
  [/,?\n[^\n]*a kit on another DATA_DIR runs here[^\n]*/g, ''],
  [
    /(?:call the doctor with the DATA_DIR of that kit[^\n"]*|make start)/g,
    '<the remedy of a kit that does not run>',
  ],
];

/** Commands that run at the same time. They write nothing and hold no port. */
const AT_ONCE = 3;

/** Runs each command of the table in an empty folder, and records its exit code and its output. */
export async function recordCommands({ root }: Checkout): Promise<Recording> {
  mkdirSync(WORK, { recursive: true });
  const folder = mkdtempSync(join(WORK, 'cli-'));
  const ports = await freePorts();
  const known: Known = [
    [folder, '<folder>'],
    [root, '<root>'],
    ...Object.entries(ports).map(([name, port]) => [String(port), `<${name}>`] as const),
  ];
  const texts = new Map<string, string>();
  const record = async (row: CommandRow): Promise<void> => {
    const said = await runCommand(root, folder, row, ports);
    texts.set(nameOf(row), measured(normaliseText(said, known), row.isMeasured === true));
  };
  try {
    const queue = COMMANDS.filter(({ runsAlone }) => runsAlone !== true);
    const work = async (): Promise<void> => {
      for (let row = queue.shift(); row !== undefined; row = queue.shift()) await record(row);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    for (const row of COMMANDS.filter(({ runsAlone }) => runsAlone === true)) await record(row);
    return new Map(COMMANDS.map((row) => [nameOf(row), texts.get(nameOf(row)) ?? '']));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runCommand(root: string, folder: string, row: CommandRow, ports: Ports): Promise<string> {
  const portVariables = Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)]));
  const child = spawn(process.execPath, [join(root, 'bin/gatehouse.js'), ...row.args], {
    cwd: folder,
    env: cleanEnvironment({ ...(row.hasPorts === true ? portVariables : {}), ...row.env }),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: WITHIN_MS,
  });
  const [stdout, stderr, code] = await Promise.all([
    readText(child.stdout),
    readText(child.stderr),
    new Promise<number | string>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, signal) => resolve(exitCode ?? signal ?? ''));
    }),
  ]);
  return `exit ${code}\n-- stdout\n${row.isJson === true ? shapeOf(stdout) : stdout}\n-- stderr\n${stderr}`;
}

function nameOf({ args, name, env = {} }: CommandRow): string {
  if (name !== undefined) return name;
  return [...Object.entries(env).map(([name, value]) => `${name}=${value}`), 'gatehouse', ...args]
    .join(' ')
    .slice(0, 200);
}

function measured(text: string, isMeasured: boolean): string {
  return (isMeasured ? MEASURED : MEASURED.slice(0, 1)).reduce(
    (result, [pattern, word]) => result.replace(pattern, word),
    text,
  );
}

function shapeOf(json: string): string {
  try {
    return JSON.stringify(normaliseJson(JSON.parse(json)), undefined, 2);
  } catch {
    return json; // No JSON: recorded as it is, which is a difference if the other side writes JSON.
  }
}
