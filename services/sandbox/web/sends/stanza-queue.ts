import { sleep } from '../objects/emitter.ts';
import { call } from '../phone-connection.ts';
import { Socket } from '../socket.ts';
import { listOf, recordOf, type WireMessage } from '../wire.ts';
import { offlineDelivery } from './offline-delivery.ts';

/** The server's answer to a stanza: undefined for an ack, the code of a nack otherwise. */
export type Nack = number | undefined;

type Content =
  | { readonly what: 'message'; readonly message: WireMessage }
  | { readonly what: 'edit' | 'revoke'; readonly body: object };

interface Stanza {
  readonly id: string;
  readonly content: Content;
  /** It has left the page at least once. */
  isSent: boolean;
  isAnswered: boolean;
  readonly answer: (nack: Nack) => void;
}

const BATCH_COUNT = 32;
const RETRY_MS = 250;

/**
 * The codes with which the server refuses: an account that may write to no strangers, one that has begun too many chats,
 * and a stanza that it does not accept. Source: `NewChatMessagesCapped` of `WAWebCreateNackFromStanza` (jigger@0fbd5e1a);
 * 463 and 479 are reported by other libraries only.
 */
const NACKS: ReadonlyMap<unknown, number> = new Map([
  ['restricted', 463],
  ['capped', 475],
  ['refused', 479],
]);
const REFUSED = 479;

let waiting: Stanza[] = [];
/** Sent on this connection, and not answered yet. */
let unanswered: Stanza[] = [];
let isDraining = false;

/** Sends a stanza as soon as there is a connection and offline delivery has ended. There is no limit of time. */
export function sendStanza(id: string, content: Content): Promise<Nack> {
  return new Promise((answer) => {
    waiting.push({ id, content, isSent: false, isAnswered: false, answer });
    drain();
  });
}

/**
 * The page has connected. It waits for offline delivery, then sends each unanswered stanza again, under its own id, and
 * what waits. Source: `WADeprecatedSendIq.deprecatedSendStanzaAndReturnAck`, `WAComms` (jigger@0fbd5e1a).
 */
export function resumeSends(): void {
  offlineDelivery.begin();
  waiting = [...unanswered, ...waiting];
  unanswered = [];
  drain();
}

/** The server has answered by an ack of a message: 1, or −1 for a refusal. Gives whether a stanza waited for it. */
export function answerStanzas(id: string, ack: number): boolean {
  const stanzas = [...waiting, ...unanswered].filter(
    // Another message under the same id, which has not left the page, still has to.
    (stanza) => stanza.id === id && stanza.isSent && stanza.content.what === 'message',
  );
  for (const stanza of stanzas) settle(stanza, ack === -1 ? REFUSED : undefined);
  return stanzas.length > 0;
}

async function drain(): Promise<void> {
  if (isDraining) return;
  isDraining = true;
  while (waiting.length > 0 && isConnected()) {
    await offlineDelivery.wait();
    if (!isConnected()) break;
    try {
      await sendBatch(nextBatch());
    } catch (error) {
      console.warn(`send waits, trying again: ${error}`);
      await sleep(RETRY_MS);
    }
  }
  isDraining = false;
}

/** Messages go many at once, all else by itself. */
function nextBatch(): Stanza[] {
  const end = waiting.findIndex(({ content }) => content.what !== 'message');
  return waiting.slice(0, Math.min(BATCH_COUNT, end === -1 ? waiting.length : Math.max(1, end)));
}

async function sendBatch(batch: readonly Stanza[]): Promise<void> {
  for (const stanza of batch) stanza.isSent = true;
  const messages = batch.flatMap(({ content }) => (content.what === 'message' ? [content.message] : []));
  const [first] = batch;
  if (first !== undefined && first.content.what !== 'message') {
    await call(first.content.what, first.content.body);
    settle(first, undefined);
    return;
  }
  const answer = await call('send', { messages });
  waiting = waiting.filter((stanza) => !batch.includes(stanza));
  unanswered.push(...batch.filter(({ isAnswered }) => !isAnswered));
  for (const [index, result] of listOf(answer.results).entries()) {
    const [stanza] = batch.slice(index, index + 1);
    const nack = NACKS.get(recordOf(result).state);
    if (stanza !== undefined && nack !== undefined) settle(stanza, nack);
  }
}

function settle(stanza: Stanza, nack: Nack): void {
  stanza.isAnswered = true;
  waiting = waiting.filter((other) => other !== stanza);
  unanswered = unanswered.filter((other) => other !== stanza);
  stanza.answer(nack);
}

/** A socket that has lost its server stays CONNECTED; its stream does not. */
function isConnected(): boolean {
  return Socket.state === 'CONNECTED' && Socket.stream === 'CONNECTED';
}
