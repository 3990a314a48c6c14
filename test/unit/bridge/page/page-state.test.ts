import assert from 'node:assert/strict';
import { agentFault } from '../../../../services/bridge/page/page-state.ts';

const VERSION = 'Chrome/150.0.7871.100';

describe('bridge, the user agent that a page sees', () => {
  for (const [what, agent] of [
    ['a headless one', 'Mozilla/5.0 HeadlessChrome/150.0.0.0'],
    ['one of another version', 'Mozilla/5.0 Chrome/101.0.4951.67'],
    ['one without a version', 'Mozilla/5.0'],
  ] as const) {
    it(`takes ${what} for wrong, and says which browser it is`, () => {
      assert.match(agentFault(agent, VERSION) ?? '', /but the browser is Chrome\/150/);
    });
  }

  it('is right with the version of the browser', () => {
    assert.equal(agentFault('Mozilla/5.0 Chrome/150.0.0.0', VERSION), undefined);
  });
});
