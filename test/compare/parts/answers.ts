import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { askTable, type Setting } from '../answers/ask.ts';
import type { Table } from '../answers/row.ts';
import { type Checkout, WORK } from '../checkout.ts';
import { freePorts, KitProcess, type Ports } from '../kit-process.ts';
import { logLines } from '../log/log-lines.ts';
import type { Known } from '../normalise.ts';
import type { Recording } from '../recording.ts';
import { access, KEYS } from '../tables/access.ts';
import { events } from '../tables/events.ts';
import { gate } from '../tables/gate.ts';
import { inside } from '../tables/inside.ts';
import { messages } from '../tables/messages.ts';
import { sandbox } from '../tables/sandbox.ts';
import { sends } from '../tables/sends.ts';
import { linking, session } from '../tables/session.ts';
import { webhooks } from '../tables/webhooks.ts';
import { until } from '../until.ts';

/** A kit that is started, asked and stopped. */
interface Run {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly tables: readonly Table[];
  /** Whether the tables begin before a phone is linked. */
  readonly isUnlinked: boolean;
}

/** The gates behind which the same tables are asked. */
export const GATES = ['node', 'nginx'] as const;
export type GateName = (typeof GATES)[number];

const runsOf = (name: GateName): readonly Run[] => [
  {
    name: `${name} gate`,
    env: { GATE: name },
    tables: [linking, sends, messages, events, webhooks, sandbox, session, gate],
    isUnlinked: true,
  },
  {
    name: `${name} gate with keys`,
    // Two kits that take over from each other share their internal secret by a file, which lets us call internal ports.
    env: { GATE: name, API_KEYS: KEYS.join(','), SANDBOX_AUTO_LINK: 'true', TAKE_OVER: 'true' },
    tables: [access, inside],
    isUnlinked: false,
  },
];

/** Answers, and the log of the kits that gave them. */
export interface AnswersRecording {
  readonly answers: Recording;
  readonly log: Recording;
}

/** Starts kits of a checkout with these gates, with and without keys, and records answers and log lines. */
export async function recordAnswers(
  checkout: Checkout,
  gates: readonly GateName[],
  note: (text: string) => void,
): Promise<AnswersRecording> {
  const answers = new Map<string, string>();
  const log = new Map<string, string>();
  for (const run of gates.flatMap(runsOf)) {
    note(`${checkout.side}: answers of the ${run.name}`);
    const { given, lines, exit } = await recordRun(checkout, run);
    for (const [name, text] of given) answers.set(`${run.name}, ${name}`, text);
    for (const line of lines) log.set(`${run.name}: ${line}`, 'logged\n');
    log.set(`${run.name}: exit code at SIGTERM`, `${exit}\n`);
  }
  return { answers, log };
}

async function recordRun({ root }: Checkout, { env, tables, isUnlinked }: Run) {
  mkdirSync(WORK, { recursive: true });
  const dataDir = mkdtempSync(join(WORK, 'kit-'));
  const ports = await freePorts();
  try {
    await using kit = new KitProcess({ root, dataDir, ports, env });
    if (isUnlinked) await until('the api is up', async () => (await fetch(`${kit.origin}/health`)).ok);
    else await kit.ready();
    const secretPath = join(dataDir, 'internal-secret');
    const setting: Setting = {
      ports,
      known: knownOf(root, dataDir, ports),
      kept: new Map([
        ['apiKey', KEYS[0]],
        ['tomorrow', inDays(1)],
        ['dayAfter', inDays(2)],
        ...(existsSync(secretPath) ? [['secret', readFileSync(secretPath, 'utf8')] as const] : []),
      ]),
    };
    const given = new Map<string, string>();
    for (const table of tables)
      for (const [name, text] of await askTable(table, setting)) given.set(name, text);
    const exit = await kit.stop();
    return { given, exit, lines: logLines(kit.output, setting.known) };
  } finally {
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString();
}

function knownOf(root: string, dataDir: string, ports: Ports): Known {
  const numbers = Object.entries(ports).map(([name, port]) => [String(port), `<${name}>`] as const);
  return [[dataDir, '<data>'], [root, '<root>'], ...numbers];
}
