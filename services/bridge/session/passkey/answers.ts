import { KitError } from '../../../contract/errors.ts';
import type { PasskeyAnswer, PasskeyBody, PasskeyConfirm } from '../../../contract/passkey.ts';
import { answerPasskey, CONFIRM_PASSKEY, READ_PASSKEY, readPasskey } from '../../page/life/passkey.ts';
import type { BrowserRun } from '../browser-run.ts';
import { checkAssertion } from './check.ts';

/** The part of a session that a link with a passkey needs. */
export interface PasskeySession {
  readonly status: { readonly state: string };
  readonly browser: Pick<BrowserRun, 'call'> | undefined;
}

/** How far the link with a passkey is, and its challenge. Throws `passkey_unavailable`. */
export async function readPasskeyStage(session: PasskeySession): Promise<PasskeyAnswer> {
  return readPasskey(await run(session, 'the passkey', READ_PASSKEY));
}

/** Gives the page an assertion that was made elsewhere. Throws `passkey_unavailable` and `passkey_refused`. */
export async function answerChallenge(session: PasskeySession, body: PasskeyBody): Promise<PasskeyAnswer> {
  const { challenge } = await readPasskeyStage(session);
  if (challenge?.id !== body.challenge_id)
    throw new KitError('passkey_unavailable', 'this challenge has expired or was answered already');
  checkAssertion(body.credential, challenge.request);
  const source = answerPasskey(body.challenge_id, body.credential);
  if ((await run(session, 'the answer to the challenge', source)) !== true)
    throw new KitError('passkey_unavailable', 'this challenge has just expired');
  return readPasskeyStage(session).catch(() => ({ stage: 'Answered' }));
}

/** Confirms that the phone shows the code of the page. Throws `passkey_unavailable` and `passkey_refused`. */
export async function confirmCode(session: PasskeySession, body: PasskeyConfirm): Promise<PasskeyAnswer> {
  const { stage, verification_code } = await readPasskeyStage(session);
  if (stage !== 'WaitingForVerificationCodeConfirmation' || verification_code === undefined)
    throw new KitError('passkey_unavailable', `no code waits to be compared (${stage})`);
  if (verification_code.toUpperCase() !== body.verification_code)
    throw new KitError(
      'passkey_refused',
      'the phone shows another code than the page: cancel it on the phone',
    );
  await run(session, 'the confirmation of the code', CONFIRM_PASSKEY);
  return { stage: 'WaitingForPairingCompletion' };
}

function run({ status, browser }: PasskeySession, what: string, source: string): Promise<unknown> {
  if (status.state !== 'passkey' || browser === undefined)
    throw new KitError('passkey_unavailable', `the session is ${status.state}`);
  return browser.call(what, (whatsapp) => whatsapp.run(source));
}
