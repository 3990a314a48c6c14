import { text as readAll } from 'node:stream/consumers';
import { z } from 'zod';
import { isLoopback, usableKeys } from '#config';
import { localOrigin } from '../operate/doctor/context.ts';
import { passkeyAnswerSchema } from '../services/contract/passkey.ts';
import { loadOrExit } from '../services/runtime/process/load-or-exit.ts';
import { type Command, UsageError } from './command.ts';
import { readUrl } from './doctor.ts';

const ASK_MS = 60_000;
const PATH = '/api/whatsapp/passkey';

const answerSchema = z.object({
  detail: z.string().optional(),
  stage: z.string().optional(),
  snippet: z.string().optional(),
  expires_at: z.string().optional(),
  verification_code: passkeyAnswerSchema.shape.verification_code,
  last_error: z.string().optional(),
});
type Answer = z.infer<typeof answerSchema>;

/**
 * `gatehouse passkey [URL]`: prints the snippet with which a tab at WhatsApp's origin answers for the passkey; `--answer
 * TEXT` gives the kit what the snippet has printed (`-`: reads it from standard input), `--confirm CODE` the code that the
 * phone shows. Throws UsageError.
 */
export async function passkey({ operands, settings, values }: Command): Promise<void> {
  const { config } = loadOrExit(settings);
  const [first] = operands;
  const url = first === undefined ? localOrigin(config) : readUrl(first);
  const [key] = usableKeys(config);
  if (key !== undefined && url.protocol !== 'https:' && !isLoopback(url.hostname.replace(/^\[|\]$/g, '')))
    throw new UsageError('no API key is sent over plain http: give an https URL');
  const headers = { 'content-type': 'application/json', ...(key === undefined ? {} : { 'x-api-key': key }) };
  const { answer: text, confirm: code } = values;
  const answer =
    text !== undefined
      ? await ask(new URL(PATH, url), headers, text === '-' ? await readAll(process.stdin) : text)
      : code !== undefined
        ? await ask(new URL(`${PATH}/confirm`, url), headers, JSON.stringify({ verification_code: code }))
        : await ask(new URL(PATH, url), headers);
  process.stdout.write(`${layOut(answer)}\n`);
  if (answer.detail !== undefined) process.exitCode = 1;
}

async function ask(url: URL, headers: Record<string, string>, body?: string): Promise<Answer> {
  try {
    const response = await fetch(url, {
      headers,
      signal: AbortSignal.timeout(ASK_MS),
      ...(body === undefined ? {} : { method: 'POST', body }),
    });
    return answerSchema.parse(await response.json());
  } catch (cause) {
    throw new UsageError(`${url.origin} gave no answer of a kit: is it running there?`, { cause });
  }
}

function layOut({ detail, snippet, expires_at, verification_code, last_error, stage }: Answer): string {
  if (detail !== undefined) return `refused: ${printable(detail)}`;
  if (verification_code !== undefined)
    return `The page shows ${verification_code}. If the phone shows the same, run: gatehouse passkey --confirm ${verification_code}`;
  if (snippet === undefined) return `The link is at the stage ${printable(stage ?? 'unknown')}.`;
  return [
    ...(last_error === undefined ? [] : [`The last try failed: ${printable(last_error)}`, '']),
    `Until ${expires_at}: open https://web.whatsapp.com in a browser that can use the passkey, open its`,
    'console, paste this and use the passkey. Unproven on the real WhatsApp.',
    '',
    snippet,
  ].join('\n');
}

/** The words of a page or of a proxy, without what a terminal would obey. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ');
}
