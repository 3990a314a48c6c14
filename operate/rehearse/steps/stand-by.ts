import { describe, type Step, seconds, waitFor } from '../context.ts';

/** Nothing is done for a while: WhatsApp Web reloads itself about five minutes after it was linked (OpenWA#1040). */
export const standBy: Step = {
  name: 'stand-by',
  title: 'standing by',
  async run(context, findings) {
    const { bridge, events, clock, options, linkedAtMs } = context;
    const before = await bridge.status();
    const since = events.count;
    const startedAt = clock.now();
    await waitFor(context, 'the time of standing by to pass', options.standByMs, () => undefined);
    const states = events.of('state', since);
    findings.fact('minutes', Math.round(options.standByMs / 6_000) / 10);
    findings.fact(
      'states',
      states.map(({ event, atMs }) => ({ state: describe(event.data), after_s: seconds(atMs - startedAt) })),
    );
    const reloads = states.filter(({ event }) => event.data.reason === 'WhatsApp loads its page anew');
    findings.fact('reloads', reloads.length);
    if (linkedAtMs !== undefined)
      findings.fact(
        'reloads_after_link_s',
        reloads.map(({ atMs }) => seconds(atMs - linkedAtMs)),
      );
    const after = await waitFor(context, 'the session to be ready', 60_000, async () => {
      const status = await bridge.status();
      return status.whatsapp_ready ? status : undefined;
    });
    if (after === undefined) return findings.fails(`it ends ${describe(await bridge.status())}`);
    findings.fact('browser_restarts', after.restarts - before.restarts);
    if (after.restarts > before.restarts) findings.differs('a browser was started anew');
    const [earlier, later] = [before, after].map(({ compat }) => compat?.page_version ?? 'unknown');
    if (earlier === later) return;
    findings.fact('earlier_version', earlier);
    findings.fact('later_version', later);
    findings.differs('WhatsApp Web has changed its version meanwhile');
  },
};
