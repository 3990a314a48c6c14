import assert from 'node:assert/strict';
import { type Kit, NO_BROWSER, startKit } from '../../support/kit/kit.ts';
import { type Exchange, Load, type LoadOptions } from '../../support/kit/load.ts';
import { readOutbox } from '../../support/kit/outbox.ts';

/**
 * Of each kind, 2.5 requests a second each on average: together 25 a second. A gate that drains keeps a quiet connection
 * for 2.5 s, so each client asks on it in time, even if the machine holds the client up for 1.5 s.
 */
const CLIENTS = 5;
const PAUSE_MS = 800;
/** As the rendered files of a deploy set it. */
const DEPLOYED = { TAKE_OVER: 'true', STOP_GRACE_MS: '32000', DRAIN_MS: '30000', GATE_HOLD_MS: '60000' };

describe('kit that takes over from another (node gate)', () => {
  let first: Kit;
  let second: Kit;
  const start = (release: string, of?: Kit) =>
    startKit({ env: { ...DEPLOYED, RELEASE: release }, ...placeOf(of) });
  before(async () => {
    first = await (await start('first')).ready();
  });
  after(async () => {
    await second?.[Symbol.asyncDispose]();
    await first?.[Symbol.asyncDispose]();
  });

  it('opens the port beside it, and lets the first one serve until that is told to end', async () => {
    second = await start('second', first);
    await untilBothAnswer(first, 'second');
    assert.equal((await first.health()).release, 'first');
    assert.ok(!second.output.includes('api started'), second.output);
  });

  it('loses no request and no message, and doubles none, while they change places', async () => {
    const accepted = await changePlaces(first, second, () => second.ready());
    assert.equal((await second.health()).release, 'second');
    const arrived = async () =>
      (await second.received()).map(({ body }) => body).filter((body) => body.startsWith('load '));
    await second.until('all have arrived', async () => (await arrived()).length >= accepted.length);
    assert.deepEqual((await arrived()).sort(), accepted.sort());
  });
});

// Each test goes on with the kit that the one before has left. No browser: what is sent waits in the outbox.
describe('kit that stands by to take over (nginx gate)', () => {
  const kits: Kit[] = [];
  const start = async (release: string, of?: Kit) => {
    const env = { ...DEPLOYED, ...NO_BROWSER, GATE: 'nginx', RELEASE: release };
    const kit = await startKit({ args: ['start'], env, ...placeOf(of) });
    kits.unshift(kit);
    return kit;
  };
  let first: Kit;
  let third: Kit;
  before(async () => {
    first = await (await start('first')).up();
  });
  after(async () => {
    for (const kit of kits) await kit[Symbol.asyncDispose]();
  });

  it('refuses a port that somebody has who does not share it', async () => {
    await using stranger = await startKit({
      args: ['start'],
      env: { ...DEPLOYED, ...NO_BROWSER },
      ports: { PORT: first.ports.PORT },
    });
    assert.equal(await stranger.exit, 69);
    assert.match(stranger.output, new RegExp(`PORT ${first.ports.PORT} is in use by pid`));
  });

  it('ends in order when it is told to, and the first one has not noticed', async () => {
    const second = await start('second', first);
    await untilBothAnswer(first, 'second');
    assert.equal(await second.stop(), 0, second.output);
    const { services, release } = await first.health();
    assert.equal(release, 'first');
    assert.deepEqual(
      Object.values(services).map(({ restarts }) => restarts),
      [0, 0, 0],
    );
    for (let look = 0; look < 20; look += 1) assert.equal(await live(first), 'first');
  });

  it('loses no request and no message, and doubles none, while they change places', async () => {
    third = await start('third', first);
    await untilBothAnswer(first, 'third');
    const accepted = await changePlaces(
      first,
      third,
      () => third.until('it has taken over', async () => (await third.health()).release === 'third'),
      // nginx closes idle connections at once when it is told to leave.
      { asksAgain: true },
    );
    assert.deepEqual(readOutbox(third).sort(), accepted.sort());
  });

  it('takes over from one that was killed, and ends what that one has left', async () => {
    const fourth = await start('fourth', third);
    await untilBothAnswer(third, 'fourth');
    third.child.kill('SIGKILL');
    await fourth.until('it has taken over', async () => (await fourth.health()).release === 'fourth');
    await fourth.up();
  });
});

function placeOf(kit: Kit | undefined) {
  return kit === undefined ? {} : { dataDir: kit.dataDir, ports: kit.ports };
}

function untilBothAnswer(kit: Kit, release: string): Promise<boolean> {
  return kit.until(`${release} answers too`, async () => (await live(kit)) === release);
}

/** Ends `kit` under load. Returns the messages that were accepted, and fails unless every request was answered well. */
async function changePlaces(
  kit: Kit,
  next: Kit,
  isTakenOver: () => Promise<unknown>,
  options: LoadOptions = {},
): Promise<string[]> {
  const loads = [true, false].map(
    (keepAlive) => new Load(kit.origin, CLIENTS, { pauseMs: PAUSE_MS, keepAlive, ...options }),
  );
  const allServedSince = (momentMs: number) => () =>
    loads.every((load) => load.servedSince(momentMs) === CLIENTS);
  await kit.until('all clients are served', allServedSince(0));
  assert.equal(await kit.stop(), 0, kit.output);
  await isTakenOver();
  await next.until('all clients are served by the next kit', allServedSince(performance.now()));
  await Promise.all(loads.map((load) => load[Symbol.asyncDispose]()));
  const exchanges = loads.flatMap((load) => load.exchanges);
  assert.deepEqual(exchanges.filter(hasFailed), []);
  const accepted = exchanges.flatMap(({ key }) => (key === undefined ? [] : [`load ${key}`]));
  assert.ok(accepted.length > CLIENTS, `${accepted.length} were sent`);
  const waited = Math.max(...exchanges.map(({ startedMs, endedMs }) => endedMs - startedMs));
  console.log(`        ${exchanges.length} requests, the longest took ${waited.toFixed(0)} ms`);
  return accepted;
}

const hasFailed = ({ status }: Exchange) => status < 200 || status > 299;

async function live(kit: Kit): Promise<unknown> {
  // A connection of its own: a kept one stays with the gate that took it.
  const response = await fetch(`${kit.origin}/health/live`, { headers: { connection: 'close' } });
  const { release }: { release?: unknown } = await response.json();
  return release;
}
