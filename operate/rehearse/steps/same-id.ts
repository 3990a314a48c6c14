import type { Step } from '../context.ts';
import { askTimesShown, describeRefusal, draftText, send, timesInChat, untilAck } from '../sending.ts';

/**
 * The same id again: asked of the kit twice, then sent by the page twice. Whether the server takes the second stanza for a
 * duplicate is unknown. The page sends one by itself when somebody presses the button of a failed message; here the
 * message, which is in the user's own chat, is marked as failed for that. Source: `WAWebResendMsgAction` (jigger@0fbd5e1a).
 */
export const sameId: Step = {
  name: 'same-id',
  title: 'the same id again',
  async run(context, findings) {
    const { bridge, events } = context;
    const message = draftText(context, 'the same id again');
    const first = await send(context, findings, message);
    if (!first.isSent) return;
    await untilAck(context, message.stanzaId);
    const { chatId, messageId } = first.answer;

    const since = events.count;
    const again = await bridge.send(message.body);
    const retried = await bridge.send({ ...message.body, retry: { since: message.since, known: [] } });
    for (const [name, result] of [['asked_again', again] as const, ['asked_with_retry', retried] as const]) {
      if (!result.isSent) findings.differs(`${name}: ${describeRefusal(result)}`);
      else if (result.answer.messageId !== messageId) findings.fails(`${name}: another message was made`);
      findings.fact(
        name,
        result.isSent ? `the same answer, ack ${result.answer.ack}` : describeRefusal(result),
      );
    }
    findings.fact('events_of_a_second_message', told(since));

    const sentAgain = events.count;
    findings.fact('second_stanza', await bridge.resend(message.stanzaId));
    findings.fact('ack_after_second_stanza', await untilAck(context, message.stanzaId));
    const look = await bridge.look(message.stanzaId);
    findings.fact('is_send_failure_after_second_stanza', look?.isSendFailure);
    findings.fact('events_after_second_stanza', told(sentAgain));
    const times = await timesInChat(context, message, chatId);
    findings.fact('times_in_chat', times);
    if (times !== 1) findings.fails(`the message is in the chat ${times} times`);
    await askTimesShown(context, findings, message);

    function told(from: number): number {
      return events.of('message_sent', from).filter(({ event }) => event.data.body === message.label).length;
    }
  },
};
