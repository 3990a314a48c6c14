import { SHORT_MS, type Step, waitFor } from '../context.ts';
import { ownWords } from '../own-words.ts';

/** What the self-test of the page says of each capability. */
export const compat: Step = {
  name: 'compat',
  title: 'the self-test of the page',
  async run(context, findings) {
    const { bridge } = context;
    // A part of the page may load late; the bridge tests again what is broken. Source: wa-js#3567.
    await waitFor(
      context,
      'the parts of the page that load late',
      SHORT_MS,
      async () => (await bridge.compat()).capabilities.every(({ state }) => state !== 'broken') || undefined,
    );
    const { capabilities, took_ms } = await bridge.compat();
    findings.fact('took_ms', took_ms);
    for (const { capability, state, reason } of capabilities)
      findings.fact(capability, reason === undefined ? state : `${state}: ${ownWords(reason)}`);
    if (capabilities.length === 0) findings.fails('the page was not tested');
    const broken = capabilities.filter(({ state }) => state === 'broken').map(({ capability }) => capability);
    if (broken.length > 0) findings.differs(`broken: ${broken.join(', ')}`);
  },
};
