import assert from 'node:assert/strict';
import { deployment } from '#config';
import { containerEnvironment } from '../../../deploy/rendering/container-environment.ts';
import { renderInput } from '../../../deploy/rendering/render-input.ts';

describe('variables of a container', () => {
  const variablesOf = (settings: Record<string, string>, profile: 'railway' | 'docker' = 'railway') =>
    containerEnvironment(renderInput({ profile }, { ...deployment, settings }));

  it('are none where nothing is declared', () => assert.deepEqual(variablesOf({}), []));

  it('are what differs from the profile, as it was written and in the order of the schema', () => {
    const settings = {
      TZ: 'UTC',
      MEDIA_MAX_BYTES: '8MiB',
      GATE_MAX_BODY_BYTES: '16MiB',
      GATE_CLIENT_RATE: '0',
    };
    assert.deepEqual(variablesOf(settings), [
      ['GATE_CLIENT_RATE', '0'],
      ['MEDIA_MAX_BYTES', '8MiB'],
      ['TZ', 'UTC'],
    ]);
  });

  it('leave out what one profile has by itself, and keep it for another', () => {
    const settings = { STOP_GRACE_MS: '30000', DRAIN_MS: '5000' };
    assert.deepEqual(variablesOf(settings), [['DRAIN_MS', '5000']]);
    assert.deepEqual(variablesOf(settings, 'docker'), [
      ['DRAIN_MS', '5000'],
      ['STOP_GRACE_MS', '30000'],
    ]);
  });

  it('know a setting by its older name, and the newer one wins', () => {
    assert.deepEqual(variablesOf({ BRIDGE_PORT: '9002' }), [['BRIDGE_PORT', '9002']]);
    assert.deepEqual(variablesOf({ BRIDGE_PORT: '9002', WHATSAPP_BRIDGE_PORT: '9003' }), [
      ['WHATSAPP_BRIDGE_PORT', '9003'],
    ]);
  });

  it('never hold PORT, the profile, an empty value or a secret', () => {
    const settings = {
      PORT: '9090',
      GATEHOUSE_PROFILE: 'fly',
      LOG_LEVEL: '',
      API_KEYS: 'k9f86d081884c7d659a2feaa',
    };
    assert.deepEqual(variablesOf(settings), []);
  });

  it('hold the gate that was chosen, whether or not this machine has it', () => {
    assert.deepEqual(variablesOf({ GATE: 'nginx' }), [['GATE', 'nginx']]);
  });
});
