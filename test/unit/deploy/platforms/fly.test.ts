import assert from 'node:assert/strict';
import { parse as parseToml } from 'smol-toml';
import { z } from 'zod';
import { fly } from '../../../../deploy/fly/render.ts';
import { flyToml } from '../../../support/deploy/platforms/schemas/fly-toml.ts';
import { assertObeys, inputFor, missedBy, textAt } from '../../../support/deploy/platforms/support.ts';

const vm = z.object({ vm: z.tuple([z.unknown()]) });

/** As ordinary objects, which deepEqual wants. */
const parse = (text: string) => structuredClone(parseToml(text));

describe('fly.toml', () => {
  const rendered = (changes = {}) => textAt(fly.render(inputFor(fly, changes)), 'fly.toml');

  it('is the configuration that Fly documents, bare and with all that can be declared', () => {
    assertObeys(flyToml, parse(rendered()));
    assertObeys(flyToml, parse(rendered({ name: 'gate-house', region: 'ams', settings: { TZ: 'UTC' } })));
  });

  it('is none any more with one key misspelt or one value mistyped', () => {
    assert.deepEqual(missedBy(flyToml, parse(rendered())), []);
  });

  it('asks for one Machine with a volume, that drains, never stops by itself and is replaced in its place', () => {
    const { app, kill_signal, kill_timeout, deploy, env, mounts, http_service, restart } = parse(rendered());
    assert.deepEqual([app, kill_signal, kill_timeout], ['gatehouse', 'SIGTERM', 30]);
    assert.deepEqual(deploy, { strategy: 'rolling', max_unavailable: 1, wait_timeout: '5m' });
    assert.deepEqual(env, { PORT: '8080', DRAIN_MS: '28000', STOP_GRACE_MS: '30000' });
    assert.deepEqual(mounts, [{ source: 'gatehouse_data', destination: '/data', initial_size: '5gb' }]);
    assert.deepEqual(restart, [{ policy: 'always' }]);
    assert.deepEqual(http_service, {
      internal_port: 8_080,
      force_https: true,
      auto_stop_machines: 'off',
      auto_start_machines: true,
      min_machines_running: 1,
      concurrency: { type: 'requests', soft_limit: 10_000, hard_limit: 10_000 },
      checks: [
        {
          method: 'GET',
          path: '/health/live',
          headers: { 'X-Forwarded-Proto': 'https' },
          grace_period: '15s',
          interval: '15s',
          timeout: '5s',
        },
      ],
    });
  });

  it('gives Fly the port and the grace that the kit is told', () => {
    const settings = { PORT: '9090', STOP_GRACE_MS: '60500', DRAIN_MS: '50000' };
    const { http_service, kill_timeout, env } = parse(rendered({ settings }));
    assert.equal(kill_timeout, 61);
    assert.deepEqual(env, { PORT: '9090', STOP_GRACE_MS: '60500', DRAIN_MS: '50000' });
    assert.match(JSON.stringify(http_service), /"internal_port":9090/);
  });

  it('rounds to what a shared Machine may have', () => {
    const machine = (memoryMb: number, cpus: number) => vm.parse(parse(rendered({ memoryMb, cpus }))).vm[0];
    assert.deepEqual(machine(1_024, 1), { cpu_kind: 'shared', cpus: 1, memory: '1024mb' });
    assert.deepEqual(machine(1_025, 0.5), { cpu_kind: 'shared', cpus: 1, memory: '1280mb' });
    assert.deepEqual(machine(2_049, 1), { cpu_kind: 'shared', cpus: 2, memory: '2304mb' });
    assert.deepEqual(machine(1_024, 3), { cpu_kind: 'shared', cpus: 4, memory: '1024mb' });
  });
});
