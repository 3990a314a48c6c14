import assert from 'node:assert/strict';
import { loadConfig } from '#config';
import { gateOptionsFromConfig } from '../../../../services/gate/contract/gate-options-from-config.ts';
import { startGate } from '../../../../services/gate/gate.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { environmentOn, probe, probes } from '../../../support/deploy/platforms/probes.ts';
import { echo, startUpstream } from '../../../support/gate/test-gate.ts';

describe('gate, with the variables of a rendered file', () => {
  for (const each of probes)
    it(`answers the probe of ${each.platform.facts.title} with 200`, async () => {
      await using kit = await startUpstream(echo);
      const env = { ...environmentOn(each.platform), CONTROL_PORT: String(kit.port) };
      const { config } = loadConfig({ env, folder: '/' });
      const options = gateOptionsFromConfig(config, createLog('gate', 'silent'));
      await using gate = await startGate({ ...options, listen: { host: '127.0.0.1', port: 0 } });
      assert.equal(await probe(`http://127.0.0.1:${gate.port}`, each), 200);
    });
});
