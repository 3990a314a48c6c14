import assert from 'node:assert/strict';
import { z } from 'zod';
import { type ServiceDeclaration, topology } from '#config';
import { cloudrun } from '../../../../deploy/cloudrun/render.ts';
import { fly } from '../../../../deploy/fly/render.ts';
import { heroku } from '../../../../deploy/heroku/render.ts';
import type { Platform, RenderInput } from '../../../../deploy/platform.ts';
import { railway } from '../../../../deploy/railway/render.ts';
import { renderCom } from '../../../../deploy/render/render.ts';
import { inputFor, reasonsOf, singlePort, withConfig } from '../../../support/deploy/platforms/support.ts';

/** The platform refuses for this reason, and for no other. */
function refusesOnly(platform: Platform, input: RenderInput, reason: RegExp): void {
  const reasons = reasonsOf(platform, input);
  assert.equal(reasons.length, 1, reasons.join('\n'));
  assert.match(reasons[0] ?? '', reason);
}

const [gate, bridge] = topology;
const besides = (more: ServiceDeclaration, input: RenderInput): RenderInput => ({
  ...input,
  services: [...topology, more],
});

describe('a platform that runs one container, and a kit that does not fit', () => {
  for (const platform of singlePort) {
    const { title } = platform.facts;
    const input = inputFor(platform);

    it(`${title} refuses a gate that its router does not reach`, () => {
      for (const host of ['127.0.0.1', '::1', '10.0.0.5', 'localhost'])
        refusesOnly(platform, withConfig(input, { gate: { host } }), /^the gate binds .*GATE_HOST/);
    });

    it(`${title} refuses a second bridge on the login`, () => {
      const second = {
        ...bridge,
        name: 'bridge2',
        port: { ...bridge.port, env: 'BRIDGE2_PORT', default: 8_012 },
      };
      refusesOnly(
        platform,
        besides(second, input),
        /^bridge and bridge2 are 2 bridges on one WhatsApp login/,
      );
    });

    it(`${title} refuses a second public service`, () => {
      const second = { ...gate, name: 'gate2' };
      refusesOnly(platform, besides(second, input), /^2 services are public \(gate, gate2\)/);
    });

    it(`${title} refuses services that want one port`, () => {
      const second = {
        ...bridge,
        name: 'reports',
        entry: 'reports.ts',
        port: { ...bridge.port, env: 'REPORTS_PORT' },
      };
      refusesOnly(platform, besides(second, input), /^REPORTS_PORT and WHATSAPP_BRIDGE_PORT are both 8002/);
    });

    it(`${title} refuses a drain that outlasts the grace`, () => {
      const { graceMs } = input.config.stop;
      for (const drainMs of [graceMs, graceMs + 1])
        refusesOnly(
          platform,
          withConfig(input, { stop: { drainMs } }),
          /^DRAIN_MS=\d+ leaves nothing of STOP_GRACE_MS/,
        );
    });

    it(`${title} refuses too little memory for Chromium`, () => {
      refusesOnly(
        platform,
        inputFor(platform, { memoryMb: 767 }),
        /^memoryMb is 767, and below 768 Chromium/,
      );
    });

    it(`${title} refuses more memory than anybody rents`, () => {
      const reasons = reasonsOfOrNone(platform, inputFor(platform, { memoryMb: 1_000_000 }));
      assert.equal(reasons.length, platform === railway ? 0 : 1, reasons.join('\n'));
    });

    it(`${title} refuses a name that is none there`, () => {
      for (const name of [
        '',
        'a',
        '-gate',
        'gate-',
        'Gate',
        '4gate',
        'gate house',
        'a'.repeat(31),
        'gate\nhouse',
      ])
        assert.match(reasonsOf(platform, inputFor(platform, { name }))[0] ?? '', /^the name /);
    });

    it(`${title} refuses the value of a secret in a file that is committed`, () => {
      const settings = { API_KEYS: 'k9f86d081884c7d659a2feaa' };
      refusesOnly(
        platform,
        inputFor(platform, { settings }),
        /^API_KEYS is a secret and has a value in settings/,
      );
    });

    it(`${title} refuses a domain that is an address, and a volume of no size`, () => {
      for (const domain of [
        'https://chat.example.org',
        'chat.example.org:443',
        'chat',
        'chat.example.org/',
        '',
      ])
        refusesOnly(platform, inputFor(platform, { domain }), /^the domain ".*" is no host name/);
      for (const volumeGb of [0, -1, 0.5, Number.NaN])
        refusesOnly(
          platform,
          inputFor(platform, { volumeGb }),
          /^volumeGb is \S+, and volumes come in whole/,
        );
      assert.match(
        reasonsOf(platform, inputFor(platform, { cpus: 0 }))[0] ?? '',
        /^cpus is 0, and must be more/,
      );
    });

    it(`${title} refuses a variable that is set there already`, () => {
      const name = {
        railway: 'RAILWAY_DEPLOYMENT_OVERLAP_SECONDS',
        render: 'RENDER',
        fly: 'FLY_APP_NAME',
        heroku: 'PORT',
        cloudrun: 'K_SERVICE',
      }[z.enum(['railway', 'render', 'fly', 'heroku', 'cloudrun']).parse(platform.name)];
      refusesOnly(
        platform,
        inputFor(platform, { settings: { [name]: '8080' } }),
        /is set by the platform or by the/,
      );
    });

    it(`${title} refuses what is no name of a variable`, () => {
      const settings = { 'A: 1\nB': 'x' };
      refusesOnly(platform, inputFor(platform, { settings }), /^"A: 1\\nB" is no name of a variable/);
      const secrets = ['API_KEYS', 'SIGN-KEY'];
      refusesOnly(platform, inputFor(platform, { secrets }), /^"SIGN-KEY" is no name of a variable/);
    });
  }

  it('tells every reason at once, and the next step with each', () => {
    const input = withConfig(inputFor(fly, { memoryMb: 256, name: 'F' }), { gate: { host: '::1' } });
    assert.throws(() => fly.render(input), {
      name: 'Refusal',
      message:
        /^fly cannot run this kit as it is declared:\n {2}the name.*\n {2}memoryMb is.*\n {2}the gate binds/,
    });
  });

  it('refuses a grace that the platform does not grant', () => {
    for (const [platform, graceMs, most] of [
      [renderCom, 301_000, 300_000],
      [fly, 301_000, 300_000],
      [heroku, 31_000, 30_000],
      [cloudrun, 11_000, 10_000],
    ] as const)
      refusesOnly(
        platform,
        withConfig(inputFor(platform), { stop: { graceMs } }),
        new RegExp(`^STOP_GRACE_MS=${graceMs} is more than the ${most} ms`),
      );
    railway.render(withConfig(inputFor(railway), { stop: { graceMs: 3_600_000 } }));
  });

  it('refuses a port that the platform keeps for itself', () => {
    const input = inputFor(renderCom, { settings: { API_PORT: '18012' } });
    refusesOnly(renderCom, input, /^API_PORT is 18012, which the platform keeps for itself/);
    refusesOnly(renderCom, inputFor(renderCom, { settings: { PORT: '19099' } }), /^PORT is 19099/);
    fly.render(inputFor(fly, { settings: { API_PORT: '18012' } }));
  });

  it('refuses an inner port that is PORT, but where PORT is drawn by lot and the others move away', () => {
    for (const platform of [railway, renderCom, fly, cloudrun]) {
      const input = withConfig(inputFor(platform), { ports: { supervisor: 8_080 } });
      refusesOnly(platform, input, /^CONTROL_PORT and PORT are both 8080/);
    }
    heroku.render(withConfig(inputFor(heroku), { ports: { supervisor: 8_080 } }));
  });

  it('refuses to promise larger bodies than the edge lets through', () => {
    const input = inputFor(cloudrun, {
      settings: { MEDIA_MAX_BYTES: '33MiB', GATE_MAX_BODY_BYTES: '64MiB' },
    });
    const [body, media, ...more] = reasonsOf(cloudrun, input);
    assert.match(body ?? '', /^GATE_MAX_BODY_BYTES=67108864 promises more than the 33554432 bytes/);
    assert.match(media ?? '', /^MEDIA_MAX_BYTES=34603008 /);
    assert.deepEqual(more, []);
  });

  it('refuses answers and silences for which the router of Heroku does not wait', () => {
    const slow = withConfig(inputFor(heroku), { session: { sendWaitMs: 30_000 } });
    refusesOnly(heroku, slow, /^SEND_WAIT_MS=30000 answers after the 30000 ms/);
    for (const pingMs of [0, 55_000, 60_000])
      refusesOnly(
        heroku,
        withConfig(inputFor(heroku), { gate: { pingMs } }),
        /^GATE_WS_PING_MS=\d+ lets WebSockets/,
      );
  });

  it('refuses folders beside the volume', () => {
    for (const platform of [railway, renderCom, fly]) {
      refusesOnly(
        platform,
        inputFor(platform, { settings: { SESSIONS_DIR: '/data-of-another' } }),
        /^SESSIONS_DIR=\/data-of-another lies beside the one volume at DATA_DIR=\/data/,
      );
      platform.render(inputFor(platform, { settings: { SESSIONS_DIR: '/data/logins', STORE_DIR: '/data' } }));
    }
  });
});

function reasonsOfOrNone(platform: Platform, input: RenderInput): readonly string[] {
  if (platform === railway) {
    assert.ok(platform.render(input).length > 0);
    return [];
  }
  return reasonsOf(platform, input);
}
