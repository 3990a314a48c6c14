import { type Request, type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import { KitError } from '../../contract/errors.ts';
import {
  MAX_PASSKEY_BYTES,
  PASSKEY_ORIGIN,
  type PasskeyAnswer,
  passkeyConfirmSchema,
  passkeyCredentialSchema,
} from '../../contract/passkey.ts';
import { passkeySnippet } from '../../contract/passkey-snippet.ts';
import { parseBy, readJson } from '../../runtime/http/request-validation.ts';
import type { BridgeClient } from '../bridge-client.ts';
import { PasskeyTokens } from './passkey-tokens.ts';

const PATH = '/api/whatsapp/passkey';
/** How long a browser may remember that the tab may post, in seconds. */
const PREFLIGHT_S = 600;

const answerSchema = z.strictObject({
  token: z.string().min(1).max(128),
  credential: passkeyCredentialSchema,
});

export interface PasskeyRoutes {
  /** Answers a challenge, with a one-time token instead of an API key: a tab at WhatsApp's origin has no key. */
  readonly open: Router;
  /** Reads a challenge and confirms a code. */
  readonly keyed: Router;
}

/**
 * The link of an account that has a passkey: the browser of the kit cannot answer WhatsApp's challenge, because only a tab
 * at https://web.whatsapp.com can use the passkey. Unproven on the real page. Neither tokens nor assertions are logged.
 */
export function passkeyRoutes(
  bridge: Pick<BridgeClient, 'passkey' | 'answerPasskey' | 'confirmPasskey'>,
): PasskeyRoutes {
  const tokens = new PasskeyTokens();
  const open = Router({ caseSensitive: true });
  open.options('/', allowTab, (_request, response) => void response.status(204).end());
  open.post('/', allowTab, readJson(MAX_PASSKEY_BYTES), async (request, response) => {
    const { token, credential } = parseBy(answerSchema, request.body, 'body_invalid');
    const challengeId = tokens.redeem(token);
    if (challengeId === undefined)
      throw new KitError('passkey_refused', 'the token is unknown, used or expired');
    const { stage } = await bridge.answerPasskey({ challenge_id: challengeId, credential });
    response.json({ success: true, stage });
  });

  const keyed = Router({ caseSensitive: true });
  keyed.get('/', async (request, response) => {
    response.set('cache-control', 'no-store');
    response.json(withSnippet(await bridge.passkey(), request, tokens));
  });
  keyed.post('/confirm', async (request, response) => {
    const body = parseBy(passkeyConfirmSchema, request.body, 'body_invalid');
    response.json({ success: true, ...(await bridge.confirmPasskey(body)) });
  });
  return { open, keyed };
}

function withSnippet(answer: PasskeyAnswer, request: Request, tokens: PasskeyTokens): object {
  const { challenge, ...rest } = answer;
  if (challenge === undefined) return rest;
  const { token, expiresAt } = tokens.issue(challenge.id, Date.parse(challenge.expires_at));
  const url = `${addressOf(request)}${PATH}`;
  return {
    ...rest,
    request: challenge.request,
    token,
    expires_at: new Date(expiresAt).toISOString(),
    answer_to: url,
    run_at: PASSKEY_ORIGIN,
    snippet: passkeySnippet({ request: challenge.request, post: { url, token } }),
    is_proven: false,
  };
}

/** The address of the kit as the client has called it. The gate sets these headers anew. */
function addressOf(request: Request): string {
  const protocol = request.get('x-forwarded-proto') ?? request.protocol;
  const host = request.get('x-forwarded-host') ?? request.get('host');
  return `${protocol}://${host}`;
}

/** Lets a page of exactly this origin post, and read the answer; any other page is refused by its browser. */
const allowTab: RequestHandler = (request: Request, response: Response, next) => {
  response.set({ 'cache-control': 'no-store', vary: 'origin' });
  if (request.get('origin') === PASSKEY_ORIGIN) {
    response.set({
      'access-control-allow-origin': PASSKEY_ORIGIN,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type',
      'access-control-max-age': String(PREFLIGHT_S),
    });
  }
  next();
};
