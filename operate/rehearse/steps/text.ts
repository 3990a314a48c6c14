import { SHORT_MS, type Step, waitFor } from '../context.ts';
import { acksHeard, draftText, send, stanzaIdOf, untilAck } from '../sending.ts';

/** A text to oneself: its id, the form of its key, how its send ends and its acks. */
export const text: Step = {
  name: 'text',
  title: 'a text to yourself',
  async run(context, findings) {
    const { bridge, events, clock } = context;
    const since = events.count;
    const startedAt = clock.now();
    const message = draftText(context, 'a text');
    const result = await send(context, findings, message);
    if (!result.isSent) return;
    const { messageId, ack } = result.answer;
    const stanzaId = stanzaIdOf(message, result.answer);
    findings.fact('answered_after_ms', Math.round(clock.now() - startedAt));
    // The kit answers so only where the page's result says so; anything else is a refusal, or unknown.
    findings.fact('result', 'sent');
    findings.fact('ack_in_answer', ack);
    const isChosen = stanzaId === message.stanzaId;
    findings.fact('id_as_chosen', isChosen);
    if (!isChosen) findings.differs('the message has another id than the kit has chosen');

    const ackSeen = await untilAck(context, stanzaId);
    findings.fact('ack_seen', ackSeen);
    if (ackSeen < 1) findings.fails(`the message is at ack ${ackSeen}`);
    const announced = await waitFor(context, 'the event of the message', SHORT_MS, () =>
      events.of('message_sent', since).find(({ event }) => event.data.stanza_id === stanzaId),
    );
    findings.fact('announced_after_ms', announced && Math.round(announced.atMs - startedAt));
    if (announced === undefined) findings.fails('no event told of the message');
    findings.fact('acks_heard', acksHeard(context, stanzaId, since, startedAt));
    if ((await bridge.message(messageId)) === undefined)
      findings.fails('the message is not found by its whole id');

    const look = await bridge.look(stanzaId);
    if (look === undefined) return findings.differs('the page does not have the message in memory');
    const { key, endsInOut, server, hasAlias, isFoundByText, isSendFailure } = look;
    findings.fact('key', key);
    findings.fact('key_has_alias_of_the_kit', hasAlias);
    findings.fact('key_ends_in_out', endsInOut);
    findings.fact('own_chat_is_under', server);
    findings.fact('found_in_memory_by_text_of_key', isFoundByText);
    findings.fact('is_send_failure', isSendFailure);
    if (isSendFailure) findings.differs('the message went out and counts as failed');
  },
};
