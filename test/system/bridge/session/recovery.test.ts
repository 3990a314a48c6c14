import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { sendAnswerSchema } from '../../../../services/contract/bridge.ts';
import { startWorld, type World } from '../../../support/bridge/world.ts';
import { until } from '../../../support/until.ts';

describe('bridge, when the browser fails under it', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    // A send waits for its ack until the test kills the browser.
    await world.link({
      limits: { initMs: 60_000, readyMs: 60_000, callMs: 5_000, ackWaitMs: 60_000, sendMs: 15_000 },
    });
  });
  afterEach(async () => {
    await world.phone('behave', {});
    assert.equal(world.browsers().length, 1);
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  it('is ready again without a QR code after the browser was killed, and can look up the send that was in flight', async () => {
    const codes = world.api.ofKind('qr').length;
    const { browser_pid: pid = 0 } = await world.status();
    await world.misbehave('policy', { serverAckMs: 60_000 });
    const stanzaId = '3EB0123456789ABCDEF012';
    const sending = world.send('in flight', '15552220000@c.us', { stanza_id: stanzaId });
    await until('the phone to have it', () => world.received().includes('in flight'));
    process.kill(pid, 'SIGKILL');
    const { status, body } = await sending;
    assert.equal(status, 504);
    assert.match(JSON.stringify(body), new RegExp(`outcome_unknown.*${stanzaId}`));
    assert.equal((await world.untilReadyAgain(pid)).restarts, 1);
    assert.equal(world.api.ofKind('qr').length, codes);
    const found = await world.call('GET', `/messages/true_15552220000@c.us_${stanzaId}`);
    assert.equal(found.status, 200, JSON.stringify(found.body));
  });

  it('is ready again after the renderer was killed, although the page then syncs before the bridge listens', async () => {
    const { browser_pid: pid = 0 } = await world.status();
    await world.misbehave('settings', { openingMs: 0, pairMs: 0, syncMs: 0 });
    const renderers = world.processes().filter((each) => isRenderer(each));
    for (const renderer of renderers) process.kill(renderer, 'SIGKILL');
    await world.untilReadyAgain(pid);
    assert.equal((await world.send('after the crash of the page')).status, 200);
  });

  it('is not ready with a browser that is stopped, gives it up, and is ready again with another', async () => {
    const { browser_pid: pid = 0 } = await world.status();
    await world.told();
    const before = world.api.ofKind('state').length;
    process.kill(pid, 'SIGSTOP');
    const { whatsapp_ready, reason } = await world.untilState('degraded');
    assert.equal(whatsapp_ready, false);
    assert.match(reason ?? '', /the page has not answered for \d+ ms/);
    await world.untilReadyAgain(pid);
    assert.ok(!world.processes().includes(pid));
    await world.told();
    const states = world.api.ofKind('state').slice(before);
    assert.deepEqual(
      states.slice(0, 3).map(({ data }) => data.state),
      ['degraded', 'disconnected', 'starting'],
    );
    assert.match(states[1]?.data.reason ?? '', /the page hangs/);
  });

  it('is ready again after WhatsApp loaded its page anew, and still chooses ids', async () => {
    await world.told();
    const readyBefore = world.api.ofKind('state').length;
    await world.misbehave('reload');
    await until('the reload', () => world.api.ofKind('state').length > readyBefore);
    await world.untilState('ready');
    const stanzaId = '3EB0AAAAAAAAAAAAAAAAAA';
    const { body } = await world.send('after the reload', '15552220000@c.us', { stanza_id: stanzaId });
    assert.ok(sendAnswerSchema.parse(body).messageId.endsWith(stanzaId));
  });

  it('leaves the login to whoever opened it elsewhere, and takes it back when told to', async () => {
    const { browser_pid: browserPid = 0 } = await world.status();
    await world.misbehave('conflict');
    const status = await world.untilState('disconnected');
    assert.match(status.reason ?? '', /CONFLICT/);
    await world.call('POST', '/connect');
    await world.untilReadyAgain(browserPid);
    assert.equal(world.bridge.exitCode, null);
  });
});

function isRenderer(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer');
}
