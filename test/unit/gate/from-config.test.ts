import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import request from 'supertest';
import { loadConfig } from '#config';
import { gateOptionsFromConfig } from '../../../services/gate/contract/gate-options-from-config.ts';
import { startGate } from '../../../services/gate/gate.ts';
import { createLog } from '../../../services/runtime/log.ts';
import { echo, startUpstream } from '../../support/gate/test-gate.ts';

describe('gate, as the topology and the settings describe it', () => {
  it('lets uploads of media be as large as MEDIA_MAX_BYTES, and nothing else', async () => {
    await using api = await startUpstream(echo);
    const { config } = loadConfig({
      env: { API_PORT: String(api.port), GATE_MAX_BODY_BYTES: '1000', MEDIA_MAX_BYTES: '50000' },
      folder: tmpdir(),
    });
    const options = gateOptionsFromConfig(config, createLog('gate', 'silent'));
    await using gate = await startGate({ ...options, listen: { host: '127.0.0.1', port: 0 } });
    const status = async (path: string, bytes: number) =>
      (await request(`http://127.0.0.1:${gate.port}`).post(path).send(Buffer.alloc(bytes, 120))).status;
    assert.equal(await status('/api/whatsapp/media', 50_000), 200);
    // Up to a margin it is for the api to say so.
    assert.equal(await status('/api/whatsapp/media', 50_001), 200);
    assert.equal(await status('/api/whatsapp/media', 5_000_000), 413);
    assert.equal(await status('/api/whatsapp/send', 1_001), 413);
    assert.equal(await status('/api/whatsapp/media/more', 1_001), 413);
  });

  it('limits clients wherever strangers may come, and only there, unless told', () => {
    const limitsIn = (env: Record<string, string>) => {
      const { config } = loadConfig({ env, folder: tmpdir() });
      const { limits } = gateOptionsFromConfig(config, createLog('gate', 'silent'));
      const { clientRatePerSecond, clientBurst, clientConcurrency, minBodyBytesPerSecond, pingMs } = limits;
      return [clientRatePerSecond, clientBurst, clientConcurrency, minBodyBytesPerSecond, pingMs];
    };
    const docker = { GATEHOUSE_PROFILE: 'docker', API_KEYS: 'k9f86d081884c7d659a2feaa' };
    assert.deepEqual(limitsIn({}), [0, 200, 0, 128, 30_000]);
    assert.deepEqual(limitsIn(docker), [100, 200, 256, 128, 30_000]);
    const told = {
      GATE_CLIENT_RATE: '1',
      GATE_CLIENT_BURST: '2',
      GATE_CLIENT_CONCURRENCY: '3',
      GATE_MIN_BODY_RATE: '0',
      GATE_WS_PING_MS: '0',
    };
    assert.deepEqual(limitsIn({ ...docker, ...told }), [1, 2, 3, 0, 0]);
  });

  it('finds the services by their names, and the health of all at the api, where they run on hosts of their own', () => {
    const upstreamsIn = (env: Record<string, string>) => {
      const { config } = loadConfig({ env, folder: tmpdir() });
      return Object.fromEntries(
        gateOptionsFromConfig(config, createLog('gate', 'silent')).routes.map(
          ({ prefix, service, upstream }) => [prefix, `${service} at ${upstream.host}:${upstream.port}`],
        ),
      );
    };
    const access = {
      API_KEYS: 'k9f86d081884c7d659a2feaa',
      INTERNAL_SECRET: 's9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0',
    };
    const sandbox = { WHATSAPP: 'sandbox', SANDBOX_ALLOWED: 'true' };
    const apart = upstreamsIn({ ...access, ...sandbox, GATEHOUSE_PROFILE: 'kubernetes' });
    assert.deepEqual(
      [apart['/api'], apart['/health'], apart['/sandbox']],
      ['api at api:8003', 'api at api:8003', 'sandbox at sandbox:8004'],
    );
    const together = upstreamsIn({ WHATSAPP: 'sandbox' });
    assert.deepEqual(
      [together['/api'], together['/health'], together['/sandbox']],
      ['api at 127.0.0.1:8003', 'supervisor at 127.0.0.1:8005', 'sandbox at 127.0.0.1:8004'],
    );
  });
});
