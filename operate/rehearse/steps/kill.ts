import { type Step, seconds, statesSince, untilReady } from '../context.ts';
import {
  acksHeard,
  askTimesShown,
  describeRefusal,
  draftText,
  retryUntilThere,
  timesInChat,
  untilAck,
} from '../sending.ts';

/**
 * The browser is killed right after the page has announced a message. The page sends nothing by itself then; the kit
 * asks again under the same id. Source: `WAWebSendMsgChatAction`, `WAWebGetMsgUpdatesActionsUtils` (jigger@0fbd5e1a).
 */
export const kill: Step = {
  name: 'kill',
  title: 'the browser killed in the middle of a send',
  async run(context, findings) {
    const { bridge, events, clock } = context;
    const { browser_pid: pid } = await bridge.status();
    if (pid === undefined) return findings.fails('the process of the browser is not known');
    const since = events.count;
    const startedAt = clock.now();
    const message = draftText(context, 'sent while the browser is killed');
    // By the page itself: by the time that the event has come through the bridge, the server has often answered.
    const announced = bridge.announced(message.stanzaId);
    let isAnswered = false;
    const sending = bridge.send(message.body).finally(() => {
      isAnswered = true;
    });
    // A send that is refused is never announced.
    await Promise.race([announced, sending]);
    findings.fact('killed_before_the_answer', !isAnswered);
    bridge.killBrowser(pid);
    findings.fact('killed_after_ms', Math.round(clock.now() - startedAt));
    const first = await sending;
    findings.fact('first_answer', first.isSent ? `sent, ack ${first.answer.ack}` : describeRefusal(first));
    findings.fact('acks_heard_before', acksHeard(context, message.stanzaId, since, startedAt));

    await untilReady(context, pid);
    findings.fact('ready_again_after_s', seconds(clock.now() - startedAt));
    findings.fact('states', statesSince(context, since));
    const look = await bridge.look(message.stanzaId);
    findings.fact('in_the_new_page', look === undefined ? 'not there' : `ack ${look.ack}`);
    findings.fact('is_send_failure', look?.isSendFailure);

    const last = await retryUntilThere(context, message);
    if (!last.isSent) return findings.fails(`it was not sent afterwards: ${describeRefusal(last)}`);
    findings.fact('sent_after_s', seconds(clock.now() - startedAt));
    const ack = await untilAck(context, message.stanzaId);
    findings.fact('ack', ack);
    if (ack < 1) findings.fails(`the message is at ack ${ack}`);
    const times = await timesInChat(context, message, last.answer.chatId);
    findings.fact('times_in_chat', times);
    if (times !== 1) findings.fails(`the message is in the chat ${times} times`);
    await askTimesShown(context, findings, message);
  },
};
