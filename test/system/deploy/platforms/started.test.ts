import assert from 'node:assert/strict';
import { environmentOn, probe, probes } from '../../../support/deploy/platforms/probes.ts';
import { NO_BROWSER, startKit } from '../../../support/kit/kit.ts';

describe('the kit, started with the variables of a rendered file, without phone and network', () => {
  it('answers the probe of each platform with 200, and stops in order', async () => {
    const [{ platform }] = probes;
    await using kit = await startKit({ args: ['start'], env: { ...environmentOn(platform), ...NO_BROWSER } });
    for (const each of probes)
      await kit.until(
        `the probe of ${each.platform.facts.title} is answered`,
        async () => (await probe(kit.origin, each)) === 200,
      );
    assert.equal(await kit.stop('SIGTERM'), 0);
  });
});
