import type { RehearsalContext } from '../context.ts';
import { SHORT_MS, type Step, waitFor } from '../context.ts';
import type { Findings } from '../outcome.ts';
import { type Draft, describeRefusal, draftText, send, untilAck } from '../sending.ts';

/** An edit, a reaction and a deletion, each looked up afterwards. */
export const changes: Step = {
  name: 'changes',
  title: 'an edit, a reaction, a deletion',
  async run(context, findings) {
    const { me } = context;
    const message = draftText(context, 'to be changed');
    if (!(await send(context, findings, message)).isSent) return;
    await untilAck(context, message.stanzaId);
    await edit(context, findings, message);
    await react(context, findings, message);
    await removeOwn(context, findings, message, me);
  },
};

async function edit(context: RehearsalContext, findings: Findings, message: Draft): Promise<void> {
  const text = `${message.label}, edited`;
  const since = context.events.count;
  if (!(await change(context, findings, 'edit', message, { kind: 'edit', target: message.stanzaId, text })))
    return;
  const found = await waitFor(context, 'the edited text', SHORT_MS, async () =>
    (await context.bridge.message(message.stanzaId))?.body === text ? true : undefined,
  );
  findings.fact('edit_found', found === true);
  if (found === undefined) findings.fails('the edited text is not found afterwards');
  findings.fact('edit_heard', context.events.of('edited', since).length);
}

async function react(context: RehearsalContext, findings: Findings, message: Draft): Promise<void> {
  const { events } = context;
  const since = events.count;
  const reaction = { kind: 'reaction', target: message.stanzaId, emoji: '👍' } as const;
  if (!(await change(context, findings, 'reaction', message, reaction))) return;
  // Whether a page tells of its own reactions is unknown; the call itself rejects unless the server took it.
  const found = await context.bridge.reactions(message.stanzaId);
  findings.fact('reactions_found', found ?? 'the page does not tell');
  if (found !== undefined && found !== 1) findings.differs(`the page shows ${found} reactions`);
  const heard = events
    .of('reaction', since)
    .filter(({ event }) => event.whatsapp_id.includes(message.stanzaId));
  findings.fact('reaction_heard', heard.length);
}

/** WhatsApp lets nothing be deleted for everyone in one's own chat. Source: `WAWebMsgActionCapability` (jigger@0fbd5e1a). */
async function removeOwn(
  context: RehearsalContext,
  findings: Findings,
  message: Draft,
  chatId: string,
): Promise<void> {
  const result = await context.bridge.send({ chatId, content: { kind: 'delete', target: message.stanzaId } });
  findings.fact('deletion_to_yourself', result.isSent ? 'done' : describeRefusal(result));
  if (result.isSent) findings.differs('a message to yourself was deleted for everyone');
  else if (result.code !== 'send_refused')
    findings.fails(`the deletion ended with ${describeRefusal(result)}`);
  const { to } = context.options;
  if (to === undefined) return findings.fact('deletion_to_another', 'not tried without --to');
  const other = draftText(context, 'to be deleted', to);
  const sent = await send(context, findings, other);
  if (!sent.isSent) return;
  await untilAck(context, other.stanzaId);
  const { chatId: otherChat } = sent.answer;
  const target = other.stanzaId;
  if (
    !(await change(
      context,
      findings,
      'deletion',
      { ...other, body: { chatId: otherChat } },
      { kind: 'delete', target },
    ))
  )
    return;
  const found = await context.bridge.message(target);
  findings.fact('deletion_to_another', found?.type ?? 'not found');
  if (found?.type !== 'revoked') findings.fails('the deleted message is not shown as revoked');
}

/** Whether it was done. */
async function change(
  { bridge }: RehearsalContext,
  findings: Findings,
  name: string,
  { body }: Pick<Draft, 'body'>,
  content: NonNullable<Draft['body']['content']>,
): Promise<boolean> {
  const result = await bridge.send({ chatId: body.chatId, content });
  if (result.isSent) return true;
  findings.fails(`the ${name} was not done: ${describeRefusal(result)}`);
  return false;
}
