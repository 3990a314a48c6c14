import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldOf } from './call.ts';
import { type Facts, type Finding, stanzaOf } from './facts.ts';
import type { ChaosOptions } from './options.ts';
import type { Victim } from './victims.ts';

/** What a run has come to. It holds when there are no findings and nothing was missed. */
export interface Report {
  readonly options: ChaosOptions;
  readonly seconds: number;
  readonly facts: Facts;
  readonly findings: readonly Finding[];
  /** What the run should have seen and has not. */
  readonly missed: readonly string[];
  readonly killed: ReadonlyMap<Victim, number>;
  readonly answers: ReadonlyMap<string, number>;
  /** When the scenario had done its worst. */
  readonly lastTroubleAt: string;
  readonly starts: number;
  /** The folder with the log of the kit, what was done to it, and this report. */
  readonly evidence: string;
}

const MOST_FINDINGS = 30;
const MOST_LINES = 14;

export function holds({ findings, missed }: Report): boolean {
  return findings.length === 0 && missed.length === 0;
}

/** The report as people read it. */
export function renderReport(report: Report): string {
  const { options, facts, findings, missed } = report;
  const { scenario, seed, database } = options;
  const deliveries = facts.hooks.map(({ name, arrivals }) => `${name} ${arrivals.length}`).join(', ');
  const streams = facts.streams
    .map(({ name, seqs, connections }) => `${name} ${seqs.length} over ${connections} connections`)
    .join(', ');
  const underFire = facts.received.filter(
    ({ received_at = '' }) => received_at < report.lastTroubleAt,
  ).length;
  const retried = [...facts.states.values()].filter(
    ({ record }) => Number(fieldOf(record, 'attempts')) > 1,
  ).length;
  const repeated = facts.accepted.filter(({ tries }) => tries > 1).length;
  const lines = [
    `${holds(report) ? 'HOLDS' : 'FAILS'}  ${scenario}, seed ${seed}, ${database}, ${report.seconds.toFixed(0)} s`,
    `  accepted      ${facts.accepted.length} messages to ${options.chats} chats, ${repeated} of them after repeated requests, ${retried} tried more than once`,
    `  outcome       ${renderOutcome(outcomeOf(report))}`,
    ...(facts.accounts === undefined ? [] : [`  accounts      ${renderAccounts(facts)}`]),
    `  at the phone  ${facts.received.length}, ${underFire} of them before the last trouble`,
    `  answers       ${listOf(report.answers) || 'none'}`,
    `  killed        ${listOf(report.killed) || 'nothing'}; the kit was started ${report.starts} times`,
    `  to the phone  ${facts.written.length} messages; the log has ${facts.log.length} events`,
    `  webhooks      ${deliveries}; ${streams}`,
    `  evidence      ${report.evidence}`,
    ...missed.map((what) => `  proves nothing: ${what}`),
    ...findings.slice(0, MOST_FINDINGS).map(({ what }) => `  - ${what}`),
    ...(findings.length > MOST_FINDINGS
      ? [`  … and ${findings.length - MOST_FINDINGS} more in the evidence`]
      : []),
    ...(holds(report) ? [] : [`  again: make chaos SCENARIO=${scenario} SEED=${seed} DATABASE=${database}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Writes it to the folder of evidence, with all that is known of each finding. */
export function writeReport(report: Report, dataDir: string): void {
  const path = join(report.evidence, 'report.txt');
  writeFileSync(path, renderReport(report));
  const { facts, findings } = report;
  writeFileSync(join(report.evidence, 'facts.json'), JSON.stringify(facts, inPlainForm, 1));
  if (findings.length === 0) return;
  const logs = [
    ['kit.log', join(report.evidence, 'kit.log')],
    ['phone.jsonl', join(dataDir, 'sandbox', 'phone.jsonl')],
  ].flatMap(([name = '', file = '']) =>
    existsSync(file) ? [{ name, lines: readFileSync(file, 'utf8').split('\n') }] : [],
  );
  for (const { what, about } of findings) {
    appendFileSync(path, `\n\n## ${what}\n${about.join(' ')}\n`);
    for (const word of about) {
      const state = facts.states.get(word);
      if (state !== undefined) appendFileSync(path, `state: ${JSON.stringify(state.record)}\n`);
      for (const { name, lines } of logs) {
        const hits = lines.filter((line) => line.includes(word));
        for (const line of hits.slice(0, MOST_LINES))
          appendFileSync(path, `${name}: ${line.slice(0, 600)}\n`);
        if (hits.length > MOST_LINES)
          appendFileSync(path, `${name}: … ${hits.length - MOST_LINES} more lines with ${word}\n`);
      }
    }
  }
}

function inPlainForm(_name: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}

/** The numbers that a run is about. */
export interface Outcome {
  readonly lost: number;
  readonly doubled: number;
  /** Of the doubled: by a retry of the kit, after the message had arrived. The page itself has sent the others twice. */
  readonly doubledByRetry: number;
  readonly failed: number;
  readonly refusedForGood: number;
  readonly leftSending: number;
}

export function outcomeOf({ facts, findings }: Pick<Report, 'facts' | 'findings'>): Outcome {
  const count = (pattern: RegExp) => findings.filter(({ what }) => pattern.test(what)).length;
  const withStatus = (status: string) =>
    [...facts.states.values()].filter((state) => state.status === status).length;
  const twice = facts.received.filter(({ deliveries = 1 }) => deliveries > 1);
  const extra = twice.map(({ id, received_at = '', deliveries = 1 }) => {
    const late = facts.retries.filter((retry) => retry.id === stanzaOf(id) && retry.at >= received_at);
    return { all: deliveries - 1, byRetry: Math.min(deliveries - 1, late.length) };
  });
  return {
    lost: count(/^lost:/),
    doubled: extra.reduce((sum, { all }) => sum + all, 0) + count(/^doubled:|^nobody sent/),
    doubledByRetry: extra.reduce((sum, { byRetry }) => sum + byRetry, 0),
    failed: withStatus('failed'),
    refusedForGood: facts.refusedForGood.length,
    leftSending: withStatus('sending'),
  };
}

function renderOutcome(outcome: Outcome): string {
  const { lost, doubled, doubledByRetry, failed, refusedForGood, leftSending } = outcome;
  const how =
    doubled === 0
      ? ''
      : ` (${doubledByRetry} by a retry of the kit, ${doubled - doubledByRetry} by the page itself)`;
  return `${lost} lost, ${doubled} doubled${how}, ${failed} failed, ${leftSending} left sending; ${refusedForGood} refused for good by the server`;
}

/** What each account sent, and what became of the rest. */
function renderAccounts({ received, states, accounts, acts }: Facts): string {
  const sent = new Map<string, number>();
  for (const { phone = '' } of received) sent.set(phone, (sent.get(phone) ?? 0) + 1);
  const ends = new Map<string, number>();
  for (const { status, code } of states.values())
    if (code !== undefined) ends.set(`${status} (${code})`, (ends.get(`${status} (${code})`) ?? 0) + 1);
  const decisions = (accounts?.decisions ?? []).map(({ decision, to }) => `${decision} for ${to}`);
  return `sent from ${listOf(sent) || 'none'}; ${acts.length} reactions and edits; ${listOf(ends) || 'none ended otherwise'}; ${decisions.join(', ')}`;
}

function listOf(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([what, count]) => `${what} ${count}`)
    .join(', ');
}
