import { show, showRevoked } from './messages.ts';
import { showCall, showReaction, showVote } from './modules/addons.ts';
import { loadLateModules, removeExports, restoreExports } from './modules/registry.ts';
import { createWid } from './objects/ids.ts';
import { findChat, Msg } from './objects/store.ts';
import { call, tell } from './phone-connection.ts';
import { parsePolicy } from './policy.ts';
import { offlineDelivery } from './sends/offline-delivery.ts';
import { applyAck } from './sends/send-message.ts';
import { current } from './settings.ts';
import { Socket } from './socket.ts';
import { type Fields, listOf, numberOf, parseMessage, recordOf, textOf, textsOf } from './wire.ts';

/** What the phone may ask of the page, by name. Those about the connection are added by `page-lifecycle.ts`. */
export const commands: Record<string, (command: Fields) => unknown> = {
  incoming(command) {
    const messages = listOf(command.messages).map(parseMessage);
    for (const message of messages) show(message, true);
    confirm(messages.map((message) => message.id));
  },
  acks(command) {
    for (const item of listOf(command.items)) {
      const [id, ack] = listOf(item);
      applyAck(String(id), Number(ack));
    }
    hear(numberOf(command, 'seq'));
  },
  /** The server has delivered all that waited for this page. */
  offlineDelivered: () => offlineDelivery.delivered(),
  edit(command) {
    Msg.get(textOf(command, 'id'))?.set({ body: textOf(command, 'body') });
  },
  revoke(command) {
    showRevoked(textOf(command, 'id'), textOf(command, 'key'));
  },
  decrypted(command) {
    const message = parseMessage(command.message);
    Msg.get(message.id)?.set({ body: message.body, type: message.type });
  },
  reaction: showReaction,
  vote: showVote,
  call: showCall,
  policy(command) {
    current.policy = parsePolicy(command.policy);
  },
  /** Another device of this account has shown the chat to its user. */
  read(command) {
    findChat(createWid(textOf(command, 'chat_id')))?.set({ unreadCount: 0 });
  },
  state(command) {
    Socket.set({ state: textOf(command, 'state') });
  },
  load: loadLateModules,
  without(command) {
    removeExports(textsOf(command, 'exports'));
  },
  restore: restoreExports,
  break(command) {
    Msg.isBroken = command.isBroken === true;
  },
  reload() {
    location.reload();
  },
};

export async function runCommand(command: Fields): Promise<unknown> {
  const name = textOf(recordOf(command), 'cmd');
  const run = commands[name];
  if (run === undefined) throw new Error(`unknown command: ${name}`);
  return run(command);
}

const unconfirmed: string[] = [];
let isConfirming = false;

/** Tells the phone what was shown, many at once when they come fast. What fails comes again, and is shown once. */
async function confirm(ids: readonly string[]): Promise<void> {
  unconfirmed.push(...ids);
  if (isConfirming) return;
  isConfirming = true;
  try {
    while (unconfirmed.length > 0) await call('delivered', { ids: unconfirmed.splice(0) });
  } catch (error) {
    console.warn(`the phone was not told what was shown: ${error}`);
  }
  isConfirming = false;
}

const HEAR_MS = 250;
let heardSeq = 0;
let hearing: ReturnType<typeof setTimeout> | undefined;

/** Confirms acks: one call now and then is enough, for unconfirmed ones only come again after a reload. */
function hear(seq: number): void {
  heardSeq = Math.max(heardSeq, seq);
  if (hearing !== undefined) return;
  hearing = setTimeout(() => {
    hearing = undefined;
    tell('heard', { seq: heardSeq });
  }, HEAR_MS);
}
