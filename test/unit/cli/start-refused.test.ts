import assert from 'node:assert/strict';
import { runCli } from '../../support/cli/run-cli.ts';

const WRONG: readonly (readonly [env: Readonly<Record<string, string>>, line: RegExp])[] = [
  ...['8080abc', '0', '70000', '1e3', '-1', ' 80', '80.9', '0x50', '١٢٣'].map(
    (PORT) => [{ PORT }, /^PORT \(ports\.gate\) is ".*": must be a whole number from 1 to 65535$/m] as const,
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
    { GATEHOUSE_PROFILE: 'docker', API_KEYS: 'k9f86d081884c7d659a2feaa', WHATSAPP: 'sandbox' },
    /^WHATSAPP \(whatsapp\) is "sandbox": is not allowed in the profile docker/m,
  ],
  [{ API_KEYS_FILE: '/nowhere/keys' }, /^API_KEYS_FILE \(apiKeysFile\) is "\/nowhere\/keys": ENOENT/m],
  [{ DRAIN_MS: '60000' }, /^DRAIN_MS \(stop\.drainMs\) is "60000": must be less than STOP_GRACE_MS/m],
];

describe('gatehouse start, with a configuration that is wrong', () => {
  for (const [env, line] of WRONG)
    it(`refuses ${JSON.stringify(env)} with 78 and the remedy`, async () => {
      const { status, stderr } = await runCli(['start'], env);
      assert.equal(status, 78, stderr);
      assert.match(stderr, line);
      assert.ok(!stderr.includes('too-short'));
    });
});
