import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { startKit } from '../../support/kit/kit.ts';

// Each refusal by itself: test/unit/cli/start-refused.test.ts.
describe('kit, with a configuration that is wrong', () => {
  it('names every problem in one run, exits with 78, and starts nothing', async () => {
    await using kit = await startKit({
      args: ['start'],
      env: {
        PORT: '8080abc',
        API_PORT: '9100',
        CONTROL_PORT: '9100',
        GATE: 'apache',
        WHATSAPP_BRIGE_PORT: '8002',
        GATE_HOST: '0.0.0.0',
        PORT_AUTO: 'maybe',
        DRAIN_MS: '60000',
        GATEHOUSE_PROFILE: 'local',
        API_KEYS: '',
      },
    });
    assert.equal(await kit.exit, 78, kit.output);
    for (const variable of [
      'PORT',
      'CONTROL_PORT',
      'GATE',
      'WHATSAPP_BRIGE_PORT',
      'API_KEYS',
      'PORT_AUTO',
      'DRAIN_MS',
    ]) {
      assert.match(kit.output, new RegExp(`^${variable} `, 'm'));
    }
    assert.match(kit.output, /7 problems in the configuration; nothing was started/);
    assert.deepEqual(readdirSync(kit.dataDir), []);
  });
});
