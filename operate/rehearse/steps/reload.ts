import { type Step, seconds, statesSince, untilReady, waitFor } from '../context.ts';
import { draftText, send, untilAck } from '../sending.ts';

/** How long the page may take until the session sees that it is loading anew. */
const NOTICED_MS = 60_000;

/** The page is loaded anew; then everything sent so far is looked up. */
export const reload: Step = {
  name: 'reload',
  title: 'a reload of the page',
  async run(context, findings) {
    const { bridge, events, clock } = context;
    if (context.sent.length === 0) {
      const message = draftText(context, 'before a reload');
      if (!(await send(context, findings, message)).isSent) return;
      await untilAck(context, message.stanzaId);
    }
    const since = events.count;
    const startedAt = clock.now();
    await bridge.reload();
    const left = await waitFor(context, 'the page to load anew', NOTICED_MS, () =>
      events.of('state', since).some(({ event }) => event.data.state !== 'ready') ? true : undefined,
    );
    if (left === undefined) findings.differs('the session did not notice the reload');
    await untilReady(context);
    findings.fact('ready_again_after_s', seconds(clock.now() - startedAt));
    findings.fact('states', statesSince(context, since));
    let found = 0;
    for (const { stanzaId } of context.sent) if ((await bridge.message(stanzaId)) !== undefined) found += 1;
    findings.fact('sent_so_far', context.sent.length);
    findings.fact('found_after_reload', found);
    if (found < context.sent.length)
      findings.fails(
        `${context.sent.length - found} of ${context.sent.length} messages are not found by their ids`,
      );
  },
};
