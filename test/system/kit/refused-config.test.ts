import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { startKit } from '../../support/kit/kit.ts';

describe('kit, with a configuration that is wrong', () => {
  const bad: [Record<string, string>, RegExp][] = [
    ...['8080abc', '0', '70000', '1e3', '-1', ' 80', '80.9', '0x50', '١٢٣'].map(
      (PORT): [Record<string, string>, RegExp] => [
        { PORT },
        /^PORT \(ports\.gate\) is ".*": must be a whole number from 1 to 65535$/m,
      ],
    ),
    [
      { API_PORT: '9100', CONTROL_PORT: '9100' },
      /^CONTROL_PORT .* is the port of API_PORT too: give CONTROL_PORT and API_PORT ports of their own$/m,
    ],
    [{ GATE: 'apache' }, /^GATE \(gate\.kind\) is "apache": must be one of/m],
    [
      { WHATSAPP_BRIGE_PORT: '8002' },
      /^WHATSAPP_BRIGE_PORT is "8002", but nothing reads it: did you mean WHATSAPP_BRIDGE_PORT\?/m,
    ],
    [{ GATE_HOST: '0.0.0.0' }, /^API_KEYS \(apiKeys\) must be set, because the gate binds 0\.0\.0\.0/m],
    [{ PORT_AUTO: 'maybe' }, /^PORT_AUTO \(portAuto\) is "maybe": must be true or false/m],
    [
      { API_KEYS: 'too-short' },
      /^API_KEYS \(apiKeys\) is \[secret\]: must be keys separated by commas, each of at least 24/m,
    ],
    [
      { GATEHOUSE_PROFILE: 'docker', API_KEYS: 'k'.repeat(24), WHATSAPP: 'sandbox' },
      /^WHATSAPP \(whatsapp\) is "sandbox": is not allowed in the profile docker/m,
    ],
    [{ DRAIN_MS: '60000' }, /^DRAIN_MS \(stop\.drainMs\) is "60000": must be less than STOP_GRACE_MS/m],
  ];
  for (const [env, line] of bad) {
    it(`refuses ${JSON.stringify(env)} with 78 and the remedy`, async () => {
      await using kit = await startKit({ args: ['start'], env });
      assert.equal(await kit.exit, 78, kit.output);
      assert.match(kit.output, line);
      assert.ok(!kit.output.includes('too-short'));
    });
  }

  it('names every problem in one run, and starts nothing', async () => {
    const env = Object.assign({}, ...bad.map(([variables]) => variables), {
      PORT: '8080abc',
      GATEHOUSE_PROFILE: 'local',
      API_KEYS: '',
    });
    await using kit = await startKit({ args: ['start'], env });
    assert.equal(await kit.exit, 78);
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
