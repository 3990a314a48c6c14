import { type Step, seconds, untilReady, waitFor } from '../context.ts';
import type { HeardEvent } from '../event-log.ts';
import { acksHeard, askTimesShown, draftText, send, untilAck } from '../sending.ts';

const DELIVERED = 2;
const READ = 3;
/** A person has to take the other phone. */
const PERSON_MS = 180_000;

/** With another person: delivered, read, and a reply that comes while no browser runs. */
export const recipient: Step = {
  name: 'recipient',
  title: 'another phone: delivered, read, a reply during a restart',
  needsRecipient: true,
  async run(context, findings) {
    const { bridge, events, clock, person, options } = context;
    const since = events.count;
    const startedAt = clock.now();
    const message = draftText(context, 'please answer', options.to);
    const result = await send(context, findings, message);
    if (!result.isSent) return;
    const { chatId } = result.answer;
    findings.fact('chat_is_under', chatId.endsWith('@lid') ? 'lid' : 'number');
    await person.openChat();
    const delivered = await untilAck(context, message.stanzaId, DELIVERED, PERSON_MS);
    const read =
      delivered < DELIVERED ? delivered : await untilAck(context, message.stanzaId, READ, PERSON_MS);
    findings.fact('ack', read);
    findings.fact('acks_heard', acksHeard(context, message.stanzaId, since, startedAt));
    if (delivered < DELIVERED) findings.fails(`the message was not delivered: ack ${delivered}`);
    else if (read < READ) findings.differs('no ack says that it was read (read receipts may be off)');
    await askTimesShown(context, findings, message);

    const isReply = ({ event }: HeardEvent) =>
      event.kind === 'message' &&
      [chatId, options.to].some((id) => id === event.data.chat_id || id === event.data.from);
    await bridge.disconnect();
    const beforeReply = events.count;
    const hasReplied = await person.reply();
    await bridge.connect();
    const connectedAt = clock.now();
    if (!hasReplied) return findings.notTried('nobody could be asked for a reply');
    const replies = () => events.of('message', beforeReply).filter(isReply);
    await untilReady(context);
    findings.fact('ready_after_s', seconds(clock.now() - connectedAt));
    const reply = await waitFor(context, 'the reply', PERSON_MS, () => replies()[0]);
    if (reply === undefined) return findings.fails('the reply did not arrive');
    findings.fact('reply_after_s', seconds(reply.atMs - connectedAt));
    findings.fact('reply_is_under', reply.event.data.chat_id.endsWith('@lid') ? 'lid' : 'number');
    // The same message has the same key: the api drops a repetition.
    findings.fact('replies', new Set(replies().map(({ event }) => event.key)).size);
    findings.fact('times_reply_was_told', replies().length);
  },
};
