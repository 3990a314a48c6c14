import assert from 'node:assert/strict';
import { networkOf } from '../../../../services/contract/client-network.ts';
import { ClientLimits } from '../../../../services/gate/admission/client-limits.ts';
import type { GateOptions } from '../../../../services/gate/contract/options.ts';
import { createLog } from '../../../../services/runtime/log.ts';

describe('ClientLimits', () => {
  const limits: GateOptions['limits'] = {
    maxHeaderBytes: 1,
    headerTimeoutMs: 1,
    maxBodyBytes: 1,
    idleTimeoutMs: 1,
    upstreamTimeoutMs: 1,
    holdMs: 1,
    maxConnections: 1,
    clientRatePerSecond: 10,
    clientBurst: 3,
    clientConcurrency: 2,
    minBodyBytesPerSecond: 0,
    pingMs: 0,
  };
  const silent = createLog('gate', 'silent');
  const address = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;

  it('gives a burst, then the rate, and never more than a burst for a wait', () => {
    const clients = new ClientLimits({ ...limits, clientConcurrency: 0 }, silent);
    const passes = (nowMs: number, times: number) =>
      Array.from({ length: times }, () => {
        try {
          clients.enter('192.0.2.1', nowMs).leave();
          return true;
        } catch {
          return false;
        }
      }).filter(Boolean).length;
    assert.equal(passes(0, 9), 3);
    assert.equal(passes(99, 9), 0);
    assert.equal(passes(100, 9), 1);
    assert.equal(passes(300, 9), 2);
    assert.equal(passes(3_600_000, 9), 3);
  });

  it('does not grow with the number of addresses', () => {
    const clients = new ClientLimits(limits, silent);
    for (let index = 0; index < 200_000; index += 1) clients.enter(address(index), index).leave();
    assert.ok(clients.size <= 2 * 8_192, `${clients.size} clients are remembered`);
  });

  it('remembers who has requests under way, however many others come', () => {
    const clients = new ClientLimits(limits, silent);
    const first = clients.enter('192.0.2.1', 0);
    clients.enter('192.0.2.1', 0);
    for (let index = 0; index < 100_000; index += 1) clients.enter(address(index), index).leave();
    assert.throws(() => clients.enter('192.0.2.1', 100_000), { code: 'too_many_requests_at_once' });
    first.leave();
    clients.enter('192.0.2.1', 100_000);
  });

  it('says who is limited, and which setting helps, but not in every case', () => {
    const lines: string[] = [];
    const log = createLog('gate', 'warn', { write: (line) => void lines.push(line) });
    const clients = new ClientLimits({ ...limits, clientConcurrency: 0 }, log);
    for (let sent = 0; sent < 50; sent += 1) {
      try {
        clients.enter('10.0.0.9', 0).leave();
      } catch (thrown) {
        assert.match(String(thrown), /10 requests a second/);
      }
    }
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /10\.0\.0\.9 sends over 10 requests a second .*TRUSTED_PROXY_HOPS/);
  });

  const networks = [
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['2001:db8:1::5', '2001:db8:1:0'],
    ['2001:db8:1:0:3:4:5:6', '2001:db8:1:0'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8::7:0:0:0:1', '2001:db8:0:7'],
    ['::1', '0:0:0:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ] as const;
  for (const [text, network] of networks) {
    it(`takes ${text} for ${network}`, () => assert.equal(networkOf(text), network));
  }
});
