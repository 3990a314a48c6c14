import assert from 'node:assert/strict';
import { PATIENT, sendsOf, sendUntilSent } from '../../support/bridge/send-support.ts';
import { startWorld } from '../../support/bridge/world.ts';
import { until } from '../../support/until.ts';

const CHATS = ['15552220000@c.us', '15552220001@c.us', '15552220002@c.us', '120363000000000001@g.us'];

describe('bridge, while browser and bridge are killed', () => {
  it('loses and doubles nothing while browser and bridge are killed at random', async () => {
    await using world = await startWorld();
    await world.link({ limits: PATIENT });
    const texts = Array.from({ length: 24 }, (_, n) => `under fire ${n}`);
    const countSent = () => texts.filter((text) => sendsOf(world, text) > 0).length;
    let isOver = false;
    const writers = CHATS.map(async (chatId, writer) => {
      for (const [n, text] of texts.entries())
        if (n % CHATS.length === writer)
          await sendUntilSent(world, text, chatId, `3EB0F19E${String(n).padStart(14, '0')}`);
    });
    const killBrowser = async (): Promise<number> => {
      const { browser_pid } = await world.status();
      assert.ok(browser_pid, 'no browser runs');
      process.kill(browser_pid, 'SIGKILL');
      return browser_pid;
    };
    const fire = async () => {
      for (let shot = 1; !isOver; shot += 1) {
        await until('something to be sent', () => isOver || countSent() >= shot * 4);
        if (isOver) return;
        if (shot % 3 === 0) {
          await world.stopBridge('SIGKILL');
          await world.startBridge({ limits: PATIENT });
          await world.untilState('ready');
        } else await world.untilReadyAgain(await killBrowser());
      }
    };
    const firing = fire();
    await Promise.all(writers);
    isOver = true;
    await firing;
    await until('all to be at the phone', () => countSent() === texts.length);
    assert.deepEqual(
      texts.filter((text) => sendsOf(world, text) !== 1),
      [],
    );
  });
});
