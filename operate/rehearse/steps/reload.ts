import { type Step, seconds, statesSince, untilReady, waitFor } from '../context.ts';
import { draftText, send, untilAck } from '../sending.ts';

/** How long the page may take until it has gone. */
const GONE_MS = 60_000;

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
    const before = await bridge.loadedAt();
    await bridge.reload();
    const hasLeft = () => events.of('state', since).some(({ event }) => event.data.state !== 'ready');
    const gone = await waitFor(context, 'the page to load anew', GONE_MS, async () => {
      // A page that is quick is back before the session has looked.
      const loadedAt = await bridge.loadedAt();
      return hasLeft() || (loadedAt !== undefined && loadedAt !== before) || undefined;
    });
    if (gone === undefined) findings.differs('the page did not load anew');
    findings.fact('session_noticed_at_once', hasLeft());
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
