import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { GATES } from '../../support/gate/gates.ts';
import { type Kit, NO_BROWSER, startKit } from '../../support/kit/kit.ts';
import { type Exchange, Load } from '../../support/kit/load.ts';

/** Of each kind, one request a second each on average: together 20 a second. */
const CLIENTS = 10;
const PAUSE_MS = 2_000;
const LOADED_MS = 1_000;

for (const { name } of GATES) {
  describe(`kit that takes over from another (${name} gate)`, function () {
    this.timeout(120_000);
    let first: Kit;
    let second: Kit;
    const start = (release: string, of?: Kit) =>
      startKit({
        env: { ...DEPLOYED, GATE: name, RELEASE: release },
        ...(of === undefined ? {} : { dataDir: of.dataDir, ports: of.ports }),
      });
    before(async () => {
      first = await (await start('first')).ready();
    });
    after(async () => {
      await second?.[Symbol.asyncDispose]();
      await first?.[Symbol.asyncDispose]();
    });

    it('opens the port beside it, and lets the first one serve until that is told to end', async () => {
      second = await start('second', first);
      await first.until('the second answers too', async () => (await live(first)) === 'second');
      assert.equal((await first.health()).release, 'first');
      assert.ok(!second.output.includes('api started'), second.output);
    });

    it('loses no request and no message, and doubles none, while they change places', async () => {
      const loads = [true, false].map(
        (keepAlive) =>
          new Load(first.origin, CLIENTS, { pauseMs: PAUSE_MS, keepAlive, asksAgain: name === 'nginx' }),
      );
      await sleep(LOADED_MS);
      assert.equal(await first.stop(), 0, first.output);
      await second.ready();
      await sleep(LOADED_MS);
      await Promise.all(loads.map((load) => load[Symbol.asyncDispose]()));
      assert.equal((await second.health()).release, 'second');
      const exchanges = loads.flatMap((load) => load.exchanges);
      assert.deepEqual(exchanges.filter(hasFailed), []);
      const accepted = exchanges.flatMap(({ key }) => (key === undefined ? [] : [`load ${key}`]));
      assert.ok(accepted.length > CLIENTS, `${accepted.length} were sent`);
      const arrived = async () =>
        (await second.received()).map(({ body }) => body).filter((body) => body.startsWith('load '));
      await second.until('all have arrived', async () => (await arrived()).length >= accepted.length, 60_000);
      assert.deepEqual((await arrived()).sort(), accepted.sort());
      const waited = Math.max(...exchanges.map(({ startedMs, endedMs }) => endedMs - startedMs));
      console.log(`        ${exchanges.length} requests, the longest took ${waited.toFixed(0)} ms`);
    });
  });
}

describe('kit that stands by to take over', function () {
  this.timeout(60_000);
  const start = (release: string, of?: Kit) =>
    startKit({
      args: ['start'],
      // No browser: these are not about WhatsApp.
      env: { ...DEPLOYED, RELEASE: release, ...NO_BROWSER },
      ...(of === undefined ? {} : { dataDir: of.dataDir, ports: of.ports }),
    });

  it('ends in order when it is told to, and the first one has not noticed', async () => {
    await using first = await (await start('first')).up();
    await using second = await start('second', first);
    await first.until('the second answers too', async () => (await live(first)) === 'second');
    assert.equal(await second.stop(), 0, second.output);
    const { services, release } = await first.health();
    assert.equal(release, 'first');
    assert.deepEqual(
      Object.values(services).map(({ restarts }) => restarts),
      [0, 0, 0],
    );
    for (let look = 0; look < 20; look += 1) assert.equal(await live(first), 'first');
  });

  it('takes over from one that was killed, and ends what that one has left', async () => {
    await using first = await (await start('first')).up();
    await using second = await start('second', first);
    await first.until('the second answers too', async () => (await live(first)) === 'second');
    first.child.kill('SIGKILL');
    await second.until('it has taken over', async () => (await second.health()).release === 'second');
    await second.up();
  });

  it('refuses a port that somebody has who does not share it', async () => {
    await using first = await (await start('first')).up();
    await using stranger = await startKit({
      args: ['start'],
      env: { ...DEPLOYED, ...NO_BROWSER },
      ports: { PORT: first.ports.PORT },
    });
    assert.equal(await stranger.exit, 69);
    assert.match(stranger.output, new RegExp(`PORT ${first.ports.PORT} is in use by pid`));
  });
});

/** As the rendered files of a deploy set it. */
const DEPLOYED = { TAKE_OVER: 'true', STOP_GRACE_MS: '32000', DRAIN_MS: '30000', GATE_HOLD_MS: '30000' };

const hasFailed = ({ status }: Exchange) => status < 200 || status > 299;

async function live(kit: Kit): Promise<unknown> {
  // A connection of its own: a kept one stays with the gate that took it.
  const response = await fetch(`${kit.origin}/health/live`, { headers: { connection: 'close' } });
  const { release }: { release?: unknown } = await response.json();
  return release;
}
