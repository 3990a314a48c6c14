import { recordOf } from './sandbox-folder.ts';
import type { Witness } from './world.ts';

/** What the page says of a send and of its message, as data. */
export interface PageSend {
  readonly id: string;
  /** The result, or the name and the text of the error with which it was rejected. */
  readonly result: unknown;
  readonly ack: unknown;
  readonly isSendFailure: unknown;
  readonly errorCode: unknown;
}

/** Runs source text in the page; gives its plain value. */
export async function evaluate(witness: Witness, source: string): Promise<unknown> {
  return witness.client.pupPage?.evaluate(`(async () => { ${source} })()`);
}

/** Sends a text by the page's own action, and waits for the result. */
export async function sendInPage(witness: Witness, to: string, body: string): Promise<PageSend> {
  const sent = await evaluate(
    witness,
    `${START_SEND(to, body)}
    const msg = await added;
    const result = await sent.catch(({ name, message }) => ({ name, message }));
    return { result, ...stateOf(msg) };`,
  );
  return parseSend(sent);
}

/** Sends a text and waits until it stands in its chat; gives its id. */
export async function addInPage(witness: Witness, to: string, body: string): Promise<string> {
  return String(await evaluate(witness, `${START_SEND(to, body)} return String((await added).id);`));
}

/** The message as the page has it now, or undefined. */
export async function messageInPage(witness: Witness, id: string): Promise<PageSend | undefined> {
  const found = await evaluate(witness, `${STATE_OF} const msg = ${FIND(id)}; return msg && stateOf(msg);`);
  return found === undefined ? undefined : parseSend(found);
}

/** The page's own retry of a message; gives what it resolves with. */
export function resendInPage(witness: Witness, id: string): Promise<unknown> {
  return evaluate(witness, `return require('WAWebResendMsgAction').resendMsg(${FIND(id)});`);
}

const FIND = (id: string) => `require('WAWebCollections').Msg.get(${JSON.stringify(id)})`;

const STATE_OF = `const stateOf = (msg) =>
  ({ id: String(msg.id), ack: msg.ack, isSendFailure: msg.isSendFailure, errorCode: msg.errorCode });`;

const START_SEND = (to: string, body: string) => `${STATE_OF}
  const MsgKey = require('WAWebMsgKey');
  const wid = require('WAWebWidFactory').createWid(${JSON.stringify(to)});
  const { chat } = await require('WAWebFindChatAction').findOrCreateLatestChat(wid);
  const from = require('WAWebUserPrefsMeUser').getMaybeMePnUser();
  const [added, sent] = require('WAWebSendMsgChatAction').addAndSendMsgToChat(chat, {
    id: new MsgKey({ from, to: chat.id, id: await MsgKey.newId(), selfDir: 'out' }),
    ...{ ack: 0, body: ${JSON.stringify(body)}, from, to: chat.id, local: true, self: 'out' },
    ...{ t: Math.floor(Date.now() / 1000), isNewMsg: true, type: 'chat' },
  });`;

function parseSend(value: unknown): PageSend {
  const { id, result, ack, isSendFailure, errorCode } = recordOf(value);
  return { id: String(id), result, ack, isSendFailure, errorCode };
}
