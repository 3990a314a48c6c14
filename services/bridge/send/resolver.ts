import type { ResolveAnswer, ResolveBody } from '../../contract/bridge.ts';
import { toChatId } from '../../contract/chat-id.ts';
import { errorText, KitError } from '../../contract/errors.ts';
import { isPersonId } from '../../contract/person.ts';
import type { BridgeLimits } from '../limits.ts';
import { isPageError } from '../page/errors.ts';
import { withId } from '../page/people/identity.ts';
import { demandAccount } from './account-guard.ts';
import { refusalOf } from './errors.ts';
import { notOnWhatsApp } from './recipients.ts';
import type { SendingBrowser } from './sending-browser.ts';

/**
 * Says who a number or a LID is: by what the page knows, else by asking WhatsApp's server. It waits for no send and holds
 * none up; how many numbers are asked for is up to the caller. Throws `recipient_invalid` for what is no person,
 * `recipient_not_on_whatsapp`, `recipient_not_resolvable`, `account_changed`, `whatsapp_not_ready`, `bridge_failed`.
 */
export async function resolve(
  readyBrowser: () => SendingBrowser,
  limits: Pick<BridgeLimits, 'callMs'>,
  { chatId: asked, account, fresh = false }: ResolveBody,
): Promise<ResolveAnswer> {
  const chatId = toChatId(asked);
  if (!isPersonId(chatId)) throw new KitError('recipient_invalid', `${chatId} is no person's id`);
  const browser = readyBrowser();
  const ask = <T>(what: string, act: (browser: SendingBrowser) => Promise<T>) =>
    act(browser).catch((error: unknown) => {
      throw explain(error, what, chatId);
    });
  await ask('whose account it is', () => demandAccount(browser, account, limits.callMs));
  const known = await ask('who somebody is', () => whoIs(browser, chatId, limits.callMs));
  const isAsked = !chatId.endsWith('@lid') && (fresh || known.chatId === undefined);
  if (!isAsked)
    return {
      success: true,
      chatId: known.chatId ?? chatId,
      person: withId(known.person, chatId),
      isAsked,
    };
  const address = await ask('the check of a number', () =>
    browser.call('the check of a number', ({ sends }) => sends.addressOf(chatId), limits.callMs),
  );
  if (address === undefined) throw notOnWhatsApp(chatId);
  // The server's answer teaches the page the pair.
  const found = await ask('who somebody is', () => whoIs(browser, address, limits.callMs));
  return {
    success: true,
    chatId: found.chatId ?? address,
    person: withId(found.person, address),
    isAsked,
  };
}

function whoIs(browser: SendingBrowser, chatId: string, ms: number) {
  return browser.call('the look for a person', ({ sends }) => sends.whoIs(chatId), ms);
}

function explain(error: unknown, what: string, chatId: string): KitError {
  if (error instanceof KitError) return error;
  const refusal = isPageError(error) ? refusalOf(error, chatId) : undefined;
  if (refusal !== undefined && refusal.code !== 'send_failed') return refusal;
  return new KitError('bridge_failed', `the page gave no answer to ${what}: ${errorText(error)}`, {
    cause: error,
  });
}
