import { type Step, seconds, statesSince, untilReady, waitFor } from '../context.ts';
import { describeRefusal, draftText, retryUntilThere, timesInChat, untilAck } from '../sending.ts';

/** The page is cut off from WhatsApp for a while; a message that is sent meanwhile goes out afterwards, once. */
export const offline: Step = {
  name: 'offline',
  title: 'without a network',
  async run(context, findings) {
    const { bridge, events, clock, options } = context;
    const since = events.count;
    const startedAt = clock.now();
    const message = draftText(context, 'sent without a network');
    await bridge.setOffline(true);
    const sending = bridge.send(message.body);
    sending.catch(() => 'awaited below');
    try {
      await waitFor(context, 'the time without a network to pass', options.offlineMs, () => undefined);
    } catch (error) {
      // Ctrl-C: a message that is under way is not left half sent.
      await bridge.setOffline(false);
      await sending;
      throw error;
    }
    await bridge.setOffline(false);
    const onlineAt = clock.now();
    findings.fact('offline_s', seconds(onlineAt - startedAt));
    findings.fact('states_while_offline', statesSince(context, since));
    const [noticed] = events.of('state', since);
    findings.fact(
      'noticed_after_s',
      noticed === undefined ? 'not noticed' : seconds(noticed.atMs - startedAt),
    );
    const first = await sending;
    findings.fact(
      'answer_while_offline',
      first.isSent ? `sent, ack ${first.answer.ack}` : describeRefusal(first),
    );
    await untilReady(context);
    findings.fact('ready_after_s', seconds(clock.now() - onlineAt));
    const last = await retryUntilThere(context, message);
    if (!last.isSent) return findings.fails(`it was not sent afterwards: ${describeRefusal(last)}`);
    findings.fact('sent_after_s', seconds(clock.now() - onlineAt));
    findings.fact('ack', await untilAck(context, message.stanzaId));
    findings.fact('states', statesSince(context, since));
    const times = await timesInChat(context, message, last.answer.chatId);
    findings.fact('times_in_chat', times);
    if (times !== 1) findings.fails(`the message is in the chat ${times} times`);
  },
};
