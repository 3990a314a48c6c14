import { setAck, toWire } from '../messages.ts';
import { sleep } from '../objects/emitter.ts';
import { isMe, randomHex } from '../objects/ids.ts';
import { Blocklist, type ChatModel, Contact, ensureChat, Msg, MsgModel } from '../objects/store.ts';
import { current } from '../settings.ts';
import { changeOwnMessage, findOwnMessage, storeOwnMessage } from './own-messages.ts';
import { sendSeen } from './seen.ts';
import { answerStanzas, sendStanza } from './stanza-queue.ts';

/** Source: `WAWebSendMsgResultAction`, `WAWebSendMsgRecordAction` (jigger@0fbd5e1a). */
export type SendResult =
  | { readonly messageSendResult: 'OK'; readonly t: number; readonly count: null }
  | { readonly messageSendResult: 'ERROR_NETWORK' }
  | { readonly messageSendResult: 'ERROR_UNKNOWN'; readonly ackErrorCode?: number };

/** Held by the module: a browser rejects the calls that wait for a promise that it has collected. */
const never = new Promise<never>(() => undefined);

/** What a message may change of its state. */
export interface StateChange {
  readonly ack?: number;
  readonly isSendFailure?: boolean;
  readonly errorCode?: string;
}

/** Source: `NewChatMessagesCapped` of `WAWebCreateNackFromStanza` (jigger@0fbd5e1a). */
const CAPPED = 475;
/** What the model says of it. Source: `WAWebErrorType.SendFailureErrorCode` (jigger@0fbd5e1a). */
const CAPPED_ERROR = 'UserReachedMaxMonthlyLimitForNewMessages';

/** Source: `WAWebContactBlockedErrorAction` (jigger@0fbd5e1a). */
class ContactBlockedError extends Error {
  override readonly name = 'ContactBlocked';
  readonly contact: unknown;
  constructor(message: string, contact: unknown) {
    super(message);
    this.contact = contact;
  }
}

/** What comes next in a chat: an add waits for the add before it, and a send for the send. */
type Turns = WeakMap<ChatModel, Promise<unknown>>;
const addTurns: Turns = new WeakMap();
const sendTurns: Turns = new WeakMap();

/**
 * Adds a message to its chat and sends it: one promise for each. The message is announced first, then stored, then put
 * into its chat. Nothing sends it after the page has gone. Source: `WAWebSendMsgChatAction` (jigger@0fbd5e1a).
 */
export function addAndSendMsgToChat(
  chat: ChatModel,
  attributes: object,
): [Promise<MsgModel>, Promise<SendResult>] {
  const stored = store(attributes);
  const added = inTurn(addTurns, chat, stored, async (msg) => {
    chat.msgs.add(msg);
    chat.set({ t: msg.t });
    return msg;
  });
  const sent = resendMsgToChat(chat, added);
  sent.catch((error) => console.warn(`send failed: ${error}`));
  return [added, sent];
}

/** Sends a message, once it is there, after those before it in its chat. */
export function resendMsgToChat(chat: ChatModel, message: Promise<MsgModel>): Promise<SendResult> {
  return inTurn(sendTurns, chat, message, async (msg) => msg).then((msg) => recordAction.sendMsgRecord(msg));
}

/**
 * The module `WAWebSendMsgRecordAction`. Every send and every retry asks it for its function, so that one who replaces the
 * function sees them all. Source: `WAWebSendMsgChatAction`, `WAWebResendMsgAction` (jigger@0fbd5e1a).
 */
export const recordAction = { sendMsgRecord };

/** Source: `WAWebSendMsgRecordAction` (jigger@0fbd5e1a). */
async function sendMsgRecord(msg: MsgModel): Promise<SendResult> {
  const { remote } = msg.id;
  const chat = ensureChat(remote);
  msg.set({ isNewMsg: true });
  if (!remote.isGroup() && Blocklist.get(remote) !== undefined)
    throw new ContactBlockedError('Contact is blocked', Contact.get(remote));
  sendSeen({ chat });
  const { mode } = current.policy;
  if (mode === 'fail-network' || mode === 'fail-send') {
    changeState(msg, { isSendFailure: true });
    return { messageSendResult: mode === 'fail-network' ? 'ERROR_NETWORK' : 'ERROR_UNKNOWN' };
  }
  const id = String(msg.id);
  const message = { ...toWire(msg), ack: 0, add: findOwnMessage(id)?.message.add };
  const nack = await sendStanza(id, { what: 'message', message });
  if (nack !== undefined) {
    const errorCode = nack === CAPPED ? { errorCode: CAPPED_ERROR } : {};
    changeState(msg, { isSendFailure: true, ack: -1, ...errorCode });
    return { messageSendResult: 'ERROR_UNKNOWN', ackErrorCode: nack };
  }
  // What one writes to oneself is read at once.
  setAck(id, isMe(remote) ? 3 : 1);
  chat.set({ lastReceivedKey: msg.id });
  return { messageSendResult: 'OK', t: msg.t, count: null };
}

/** The server or a recipient has acknowledged a message. */
export function applyAck(id: string, ack: number): void {
  if ((ack !== 1 && ack !== -1) || !answerStanzas(id, ack)) setAck(id, ack);
}

/** Changes the state of a message, in the model and in the database. */
export async function changeState(msg: MsgModel, change: StateChange): Promise<void> {
  const stored = changeOwnMessage(String(msg.id), change);
  msg.set(change);
  await stored;
}

async function store(attributes: object): Promise<MsgModel> {
  const { mode, addMs } = current.policy;
  if (mode === 'hang-add') await never;
  if (addMs > 0) await sleep(addMs);
  if (mode === 'fail-add') throw new Error('stand-in: could not add message');
  const msg = new MsgModel(attributes);
  Msg.add(msg);
  await sleep(current.settings.storeMs);
  await storeOwnMessage({ ...toWire(msg), add: randomHex(8) });
  return msg;
}

/** Acts when `value` is there and the turn before has ended, however it ended. */
function inTurn<T, R>(
  turns: Turns,
  chat: ChatModel,
  value: Promise<T>,
  act: (value: T) => Promise<R>,
): Promise<R> {
  const before = turns.get(chat) ?? Promise.resolve();
  const turn = Promise.allSettled([before, value]).then(async () => act(await value));
  turns.set(
    chat,
    turn.catch(() => undefined),
  );
  return turn;
}
