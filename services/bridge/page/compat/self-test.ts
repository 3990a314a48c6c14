import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { CapabilityState } from '../../../contract/compat.ts';
import { parse } from '../data.ts';
import { CAPABILITIES } from './capabilities.ts';
import type { Capability } from './capability.ts';
import { PROBE_SCOPE, PROBES } from './probes.ts';

/** What the page has answered to the self-test. */
export type PageAnswers = z.infer<typeof answersSchema>;

export interface TestResult {
  readonly pageVersion: string | undefined;
  readonly capabilities: readonly CapabilityState[];
}

/** A probe that takes longer proves nothing: the test must not hold up the session. */
const PROBE_MS = 150;
/** How long the event may take from the page to Node, beyond the answers of the page. */
const HEARD_MS = 1_000;

/** What the test needs of the page. */
export interface TestedPage {
  run(source: string): Promise<unknown>;
  /** Resolves when the page has told this token through the listeners of the library; false after `ms`. */
  hears(token: string, ms: number): Promise<boolean>;
}

/** Tests the page in one call; sends nothing. Throws PageDataError, and the error of a page that went away. */
export async function testPage(page: TestedPage): Promise<TestResult> {
  const token = `gatehouse ${randomUUID()}`;
  const heard = page.hears(token, HEARD_MS);
  const answers = parse(answersSchema, await page.run(selfTest(token)), 'self-test of the page');
  // Nothing was triggered in a page without listeners: there is nothing to wait for.
  const wasHeard = answers.triggered ? await heard : undefined;
  return { pageVersion: answers.version ?? undefined, capabilities: judge(answers, wasHeard) };
}

/** What the answers of the page say of each capability. `wasHeard`: undefined where the page could trigger no event. */
export function judge(
  answers: PageAnswers,
  wasHeard: boolean | undefined,
  capabilities: readonly Capability[] = CAPABILITIES,
): CapabilityState[] {
  return capabilities.map((capability) => ({
    capability: capability.name,
    ...stateOf(capability, answers, wasHeard),
    kinds: [...capability.kinds],
  }));
}

/** Source text for the page, which evaluates to `PageAnswers`. */
export function selfTest(token: string, capabilities: readonly Capability[] = CAPABILITIES): string {
  const needs = [...new Set(capabilities.flatMap((row) => row.needs))];
  const probes = Object.entries(PROBES)
    .map(([name, body]) => `    ${name}: async () => {${body}\n    },`)
    .join('\n');
  return `(async () => {
  ${PROBE_SCOPE}
  const probes = {
${probes}
  };
  const modules = new Map();
  const moduleOf = (name) => {
    if (!modules.has(name)) {
      let found;
      try {
        found = require(name);
      } catch {
        // A module that is not there, or not loaded yet.
      }
      modules.set(name, found);
    }
    return modules.get(name);
  };
  const lackOf = (need) => {
    const [path, type = 'function'] = need.split(':');
    const [name, ...fields] = path.split('.');
    let value = moduleOf(name);
    if (value === undefined || value === null) return name + ' cannot be required';
    for (const field of fields) value = value?.[field];
    return (type === 'object' ? value !== null && typeof value === 'object' : typeof value === 'function')
      ? undefined
      : path + ' is no ' + type;
  };
  const firstLine = (error) => String(error?.message ?? error).split('\\n')[0].slice(0, 200);
  const lacks = {};
  for (const need of ${JSON.stringify(needs)}) {
    try {
      const lack = lackOf(need);
      if (lack) lacks[need] = lack;
    } catch (error) {
      lacks[need] = need + ' cannot be read: ' + firstLine(error);
    }
  }
  const late = () => new Promise((resolve) => setTimeout(() => resolve(unproven('no answer in time')), ${PROBE_MS}));
  const found = {};
  await Promise.all(Object.entries(probes).map(async ([name, probe]) => {
    const outcome = probe().then((said) => said ?? { state: 'ok' }, (error) => broken('it threw: ' + firstLine(error)));
    found[name] = await Promise.race([outcome, late()]);
  }));
  // An event that nobody needs, by the way of all events: Conn, the library's listener, Node.
  let triggered = true;
  const told = { battery: ${JSON.stringify(token)}, plugged: false };
  try {
    const { Conn } = moduleOf('WAWebConnModel');
    if (typeof Conn.trigger === 'function') Conn.trigger('change:battery', told);
    else window.onBatteryStateChangedEvent(told);
  } catch {
    triggered = false;
  }
  return { version: window.Debug?.VERSION ?? null, lacks, probes: found, triggered };
})()`;
}

type Verdict = Pick<CapabilityState, 'state' | 'reason'>;

function stateOf(
  { needs, probes }: Capability,
  answers: PageAnswers,
  wasHeard: boolean | undefined,
): Verdict {
  const lacking = needs.flatMap((need) => answers.lacks[need] ?? []);
  if (lacking.length > 0) return { state: 'broken', reason: [...new Set(lacking)].join('; ') };
  const said = probes.map((name) => (name === 'heard' ? HEARD[`${wasHeard}`] : (answers.probes[name] ?? OK)));
  const broken = said.find(({ state }) => state === 'broken');
  if (broken !== undefined) return { state: 'broken', ...reasonOf(broken) };
  const patched = said.filter(({ state }) => state === 'patched');
  if (patched.length > 0)
    return { state: 'patched', reason: patched.map(({ detail = '' }) => detail).join('; ') };
  const unproven = said.find(({ state }) => state === 'unproven');
  return unproven === undefined ? { state: 'ok' } : { state: 'ok', reason: `not proven: ${unproven.detail}` };
}

function reasonOf({ detail }: Probed): { reason?: string } {
  return detail === undefined ? {} : { reason: detail };
}

const probed = z.object({
  state: z.enum(['ok', 'patched', 'broken', 'unproven']),
  detail: z.string().optional(),
});
type Probed = z.infer<typeof probed>;

const OK: Probed = { state: 'ok' };
const HEARD: Readonly<Record<'true' | 'false' | 'undefined', Probed>> = {
  true: OK,
  false: { state: 'broken', detail: 'an event of the page did not arrive in the bridge' },
  undefined: { state: 'unproven', detail: 'the page can trigger no event' },
};

const answersSchema = z.object({
  version: z.string().nullable(),
  /** By what is needed: which part of it is not there. */
  lacks: z.record(z.string(), z.string()),
  probes: z.record(z.string(), probed),
  /** The event that the bridge should hear was triggered. */
  triggered: z.boolean(),
});
