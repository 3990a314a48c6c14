import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Checkout, WORK } from '../checkout.ts';
import { cleanEnvironment, freePorts } from '../kit-process.ts';
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
];

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
  const recording = new Map<string, string>();
  try {
    for (const row of COMMANDS) {
      const name = row.name ?? nameOf(row);
      if (recording.has(name)) throw new Error(`two commands have the name "${name}"`);
      const portVariables = Object.fromEntries(
        Object.entries(ports).map(([key, port]) => [key, String(port)]),
      );
      const { status, signal, stdout, stderr } = spawnSync(
        process.execPath,
        [join(root, 'bin/gatehouse.js'), ...row.args],
        {
          cwd: folder,
          encoding: 'utf8',
          timeout: WITHIN_MS,
          env: cleanEnvironment({ ...(row.hasPorts === true ? portVariables : {}), ...row.env }),
        },
      );
      const output = row.isJson === true ? shapeOf(stdout) : stdout;
      const text = `exit ${status ?? signal}\n-- stdout\n${output}\n-- stderr\n${stderr}`;
      recording.set(name, measured(normaliseText(text, known), row.isMeasured === true));
    }
    return recording;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function nameOf({ args, env = {} }: CommandRow): string {
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
