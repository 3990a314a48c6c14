import { z } from 'zod';
import { isLoopback, usableKeys } from '#config';
import { localOrigin } from '../operate/doctor/context.ts';
import { type Account, accountSchema } from '../services/contract/person.ts';
import { loadOrExit } from '../services/runtime/process/load-or-exit.ts';
import { type Command, UsageError } from './command.ts';
import { readUrl } from './doctor.ts';

const ASK_MS = 60_000;
const PATH = '/api/whatsapp/account';
const DECISIONS = ['adopt', 'cancel'];

const viewSchema = z.object({
  state: z.enum(['unlinked', 'same', 'changed']),
  owner: accountSchema.optional(),
  linked: accountSchema.optional(),
  deciding: z.string().optional(),
  waiting: z.object({
    owner: z.number(),
    linked: z.number().optional(),
    others: z.number().optional(),
  }),
});
const resultSchema = z.object({
  decision: z.string(),
  owner: accountSchema,
  previous: accountSchema,
  adopted: z.number().optional(),
  failed: z.number().optional(),
  canceled: z.number().optional(),
  ended_unknown: z.number(),
});
const problemSchema = z.object({ code: z.string(), detail: z.string() });

/**
 * `gatehouse account [URL]`: prints to which account the session belongs, and which one is linked. `account adopt` and
 * `account cancel` decide what becomes of the messages where these differ; with `--linked NUMBER` only while that account
 * is linked. Exits with 1 while the accounts differ, and when the kit refuses. Throws UsageError.
 */
export async function account({ operands, settings, values }: Command): Promise<void> {
  const [first = '', second] = operands;
  const decision = DECISIONS.includes(first) ? first : undefined;
  const [address, tooMany] = decision === undefined ? operands : [second];
  // A word without a dot is no host but this machine, and a decision that is misspelt must reach nobody.
  if (tooMany !== undefined || /^(?!localhost$)[a-z]+$/i.test(address ?? ''))
    throw new UsageError(
      `"${first}" is no decision and no URL: account adopt, account cancel, or account URL`,
    );
  if (decision === undefined && values.linked !== undefined)
    throw new UsageError('--linked is for account adopt and account cancel');
  const { config } = loadOrExit(settings);
  const url = address === undefined ? localOrigin(config) : readUrl(address);
  const [key] = usableKeys(config);
  if (key !== undefined && url.protocol !== 'https:' && !isLoopback(url.hostname.replace(/^\[|\]$/g, '')))
    throw new UsageError('no API key is sent over plain http: give an https URL');
  const headers = { 'content-type': 'application/json', ...(key === undefined ? {} : { 'x-api-key': key }) };
  const body = JSON.stringify(values.linked === undefined ? {} : { linked: values.linked });
  const answer = await ask(
    new URL(decision === undefined ? PATH : `${PATH}/${decision}`, url),
    decision === undefined ? { headers } : { headers, method: 'POST', body },
  );
  const { text, isWell } = layOut(answer, url);
  process.stdout.write(`${text}\n`);
  if (!isWell) process.exitCode = 1;
}

async function ask(url: URL, init: RequestInit): Promise<unknown> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(ASK_MS) });
    return await response.json();
  } catch (cause) {
    throw new UsageError(`${url.origin} gave no answer of a kit: is it running there?`, { cause });
  }
}

function layOut(answer: unknown, url: URL): { readonly text: string; readonly isWell: boolean } {
  const problem = problemSchema.safeParse(answer).data;
  if (problem !== undefined) return { text: `refused: ${printable(problem.detail)}`, isWell: false };
  const result = resultSchema.safeParse(answer).data;
  if (result !== undefined) return { text: layOutResult(result), isWell: true };
  const view = viewSchema.safeParse(answer).data;
  if (view === undefined) throw new UsageError(`${url.origin} gave no answer of a kit: is it running there?`);
  return { text: layOutView(view), isWell: view.state !== 'changed' };
}

function layOutResult({
  owner,
  previous,
  adopted,
  failed = 0,
  canceled = 0,
  ended_unknown,
}: z.infer<typeof resultSchema>): string {
  const lines = [
    adopted === undefined
      ? `messages of ${nameOf(previous)} that were canceled: ${canceled}`
      : `messages of ${nameOf(previous)} that go out from ${nameOf(owner)}: ${adopted}`,
    ...(failed === 0 ? [] : [`failed, because they refer to messages of ${nameOf(previous)}: ${failed}`]),
    ...(ended_unknown === 0
      ? []
      : [`may have been sent from ${nameOf(previous)}: ${ended_unknown}; see message_failed in /api/events`]),
    `The session belongs to ${nameOf(owner)} now.`,
  ];
  return lines.join('\n');
}

function layOutView({ state, owner, linked, deciding, waiting }: z.infer<typeof viewSchema>): string {
  const others =
    waiting.others === undefined
      ? []
      : [`Waiting for other accounts, which were linked in between: ${waiting.others}.`];
  if (owner === undefined) return 'No account has been linked yet.';
  const waits = `Messages that wait: ${waiting.owner}.`;
  if (linked === undefined)
    return [`The session belongs to ${nameOf(owner)}. No account is linked now. ${waits}`, ...others].join(
      '\n',
    );
  if (state === 'same') return [`${nameOf(owner)} is linked. ${waits}`, ...others].join('\n');
  return [
    `The session belongs to ${nameOf(owner)}, and ${nameOf(linked)} is linked. Nothing goes out.`,
    `Messages that wait: ${waiting.owner} of ${nameOf(owner)}, ${waiting.linked ?? 0} of ${nameOf(linked)}.`,
    ...others,
    ...(deciding === undefined ? [] : [`The decision ${printable(deciding)} is being carried out.`]),
    '',
    `Link the phone of ${nameOf(owner)} again, or decide:`,
    `  gatehouse account adopt --linked ${numberOf(linked)}   sends these messages from ${numberOf(linked)}`,
    `  gatehouse account cancel --linked ${numberOf(linked)}  cancels those of ${numberOf(owner)}`,
  ].join('\n');
}

function nameOf({ id, name }: Account): string {
  return printable(name === undefined ? numberOf({ id }) : `${numberOf({ id })} (${name})`);
}

/** An id without what a shell could run. */
function numberOf({ id }: Account): string {
  return id.replace(/@c\.us$/, '').replaceAll(/[^\w@.:+-]/g, '');
}

/** The words of a page or of a proxy, without what a terminal would obey. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ');
}
