import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sendAnswerSchema } from '../../../../services/contract/bridge.ts';
import { STEADY } from '../../../support/bridge/limits.ts';
import { startWorld, type World } from '../../../support/bridge/world.ts';
import { until } from '../../../support/until.ts';

const LIMITS = { ...STEADY, ackTimeoutMs: 700, ackWaitMs: 300 };
/** A step that no test outlasts: only the first step of the ladder, a new connection, is taken. An ack ends it. */
const FIRST_STEP = { ...LIMITS, healStepMs: 600_000 };
const ALL_STEPS = { ...LIMITS, healStepMs: 3_000 };

// The decisions of the watchdog are proved without a browser in test/unit/bridge/watchdog.
describe('bridge, when WhatsApp acknowledges nothing', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    await world.link({ limits: FIRST_STEP });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  it('is degraded, says since when, sends nothing more, and is ready again with the first ack', async () => {
    await world.misbehave('policy', { mode: 'no-ack' });
    const sentAt = Date.now();
    const { body } = await world.send('unheard');
    const { messageId, ack } = sendAnswerSchema.parse(body);
    assert.equal(ack, 0);
    const since = await until('the reason', async () => {
      const { state, whatsapp_ready, reason = '' } = await world.status();
      assert.ok(state === 'ready' || !whatsapp_ready, reason);
      return /^WhatsApp has not acknowledged a message since ([^;]+)/.exec(reason)?.[1];
    });
    const at = Date.parse(since);
    assert.ok(at >= sentAt && at <= Date.now(), since);
    assert.equal((await world.health()).whatsapp_ready, false);
    const refused = await world.send('not now');
    assert.equal(refused.status, 503);
    // The new connection may be under way, and for a moment is the reason.
    assert.match(
      JSON.stringify(refused.body),
      /whatsapp_not_ready.*(has not acknowledged|connection to WhatsApp is down)/,
    );
    await world.phone('behave', {});
    await world.misbehave('ack', { id: messageId, ack: 1 });
    await world.untilState('ready');
    await until('the ack', () => world.api.ofKind('ack').some((event) => event.whatsapp_id === messageId));
    assert.equal((await world.send('and on')).status, 200);
    await until('both at the phone', () => world.received().length === 2);
    assert.deepEqual(world.received(), ['unheard', 'and on']);
  });

  it('is degraded while its messages cannot be read, logs an error once, and is ready when they can', async () => {
    await world.misbehave('break');
    await world.misbehave('policy', { mode: 'no-ack' });
    const unheard = await world.send('unheard');
    assert.equal(unheard.status, 200, JSON.stringify(unheard.body));
    const { messageId } = sendAnswerSchema.parse(unheard.body);
    const { reason } = await world.untilState('degraded');
    assert.match(reason ?? '', /acknowledgements cannot be read: .*the messages cannot be read/);
    assert.equal((await world.send('not now')).status, 503);
    const errors = () => world.log.filter((line) => line.includes('WhatsApp Web has probably changed'));
    assert.equal(errors().length, 1);
    await world.phone('behave', {});
    await world.misbehave('repair');
    await world.misbehave('ack', { id: messageId, ack: 1 });
    await world.untilState('ready');
    assert.equal(errors().length, 1);
    assert.equal((await world.send('and on')).status, 200);
  });

  it('climbs its ladder to the end of the process, rests in the next one, and lets it try', async () => {
    await world.stopBridge();
    await world.startBridge({ limits: ALL_STEPS });
    await world.untilState('ready');
    await world.misbehave('policy', { mode: 'no-ack' });
    const logged = world.log.length;
    // A page that is loaded again counts the message as failed: the api, which this test stands in for, tries it again.
    const stanza_id = '3EB0ABC000000000000001';
    const since = Math.floor(Date.now() / 1000);
    const trying = (async () => {
      while (world.bridge.exitCode === null)
        await world
          .send('never heard', undefined, { stanza_id, retry: { since, known: [] } })
          .catch(() => 'it has ended');
    })();
    const [code] = await Promise.all([
      once(world.bridge, 'exit').then(([exitCode]) => exitCode),
      until('the last step', () => world.log.some((line) => line.includes('this process ends'))),
    ]);
    await trying;
    assert.equal(code, 1);
    const steps = world.log
      .slice(logged)
      .flatMap(
        (line) =>
          /the page is asked to connect anew|the page is loaded anew|a new browser is started/.exec(
            line,
          )?.[0] ?? [],
      );
    assert.deepEqual(steps, [
      'the page is asked to connect anew',
      'the page is loaded anew',
      'a new browser is started',
    ]);
    const record = join(world.storeDir, 'spool', 'test', 'unacknowledged.json');
    assert.ok(existsSync(record));
    await world.startBridge({ limits: ALL_STEPS });
    await until('the reason', async () =>
      /has not acknowledged a message since/.test((await world.status()).reason ?? ''),
    );
    await world.untilState('ready');
    await world.phone('behave', {});
    assert.equal((await world.send('heard')).status, 200);
    await until('no record', () => !existsSync(record));
  });
});
