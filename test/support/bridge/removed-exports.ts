import assert from 'node:assert/strict';
import { CAPABILITIES } from '../../../services/bridge/page/compat/capabilities.ts';
import type { ProbeName } from '../../../services/bridge/page/compat/probes.ts';
import { compatReportSchema } from '../../../services/contract/compat.ts';
import { modules } from '../../../services/sandbox/web/modules/registry.ts';
import { until } from '../until.ts';
import { STEADY } from './limits.ts';
import { startWorld, type World } from './world.ts';

/** What each probe calls, as far as it may be missing. */
const CALLED: Readonly<Partial<Record<ProbeName, readonly string[]>>> = {
  keyText: ['WAWebMsgKey', 'WAWebWidFactory.createWid'],
  keyAlias: ['WAWebMsgKey', 'WAWebWidFactory.createWid'],
  ownKey: ['WAWebMsgKey', 'WAWebUserPrefsMeUser.getMaybeMePnUser'],
  replaceableAdd: ['WAWebSendMsgChatAction.addAndSendMsgToChat'],
  mediaModel: ['WAWebMediaOpaqueData.createFromData', 'WAWebPrepRawMedia.prepRawMedia'],
  messagesListed: ['WAWebCollections.Msg.getModelsArray'],
  messageFound: [
    'WAWebCollections.Msg.get',
    'WAWebCollections.Msg.getModelsArray',
    'WAWebCollections.Msg.getMessagesById',
  ],
};

/** All that the kit asks of the page. */
export const NEEDS: readonly string[] = [...new Set(CAPABILITIES.flatMap(({ needs }) => needs))];

/** The capabilities that the page breaks when it lacks this export. */
export function brokenWithout(need: string): string[] {
  const isGone = (name: string) => name === need || name.startsWith(`${need}.`);
  return CAPABILITIES.filter(
    ({ needs, probes }) => needs.some(isGone) || probes.some((probe) => CALLED[probe]?.some(isGone)),
  ).map(({ name }) => name);
}

/** What the stand-in does not model. */
export const NOT_MODELED: readonly string[] = CAPABILITIES.filter(({ needs }) =>
  needs.some((need) => !Object.hasOwn(modules, need.replace(/[.:].*/, ''))),
).map(({ name }) => name);

/** Defines a test for each export: a live page without it breaks exactly what needs it, and sends the rest. */
export function testWithout(exports: readonly string[]): void {
  let world: World;
  let loads = 0;
  before(async () => {
    world = await startWorld();
    await world.link({ limits: STEADY });
  });
  after(() => world[Symbol.asyncDispose]());
  const report = async () => compatReportSchema.parse((await world.call('GET', '/compat')).body);

  for (const need of exports)
    it(`breaks what needs ${need}, and nothing else`, async () => {
      // A version of its own: the page before may be tested again until it has gone.
      loads += 1;
      const version = `2.3000.${loads}`;
      await world.misbehave('settings', { withoutExports: [need], late: [], version });
      await world.misbehave('reload');
      const broken = await until('a test of the page after its load', async () => {
        const { page_version, capabilities } = await report();
        const isNew = page_version === version && (await world.status()).whatsapp_ready;
        return isNew && capabilities.filter(({ state }) => state === 'broken').map((row) => row.capability);
      });
      const expected = brokenWithout(need);
      assert.deepEqual(
        broken.filter((name) => !NOT_MODELED.includes(name)),
        expected,
      );
      const { status, body } = await world.send(`without ${need}`);
      const isTextBroken = CAPABILITIES.some(
        ({ name, kinds }) => expected.includes(name) && kinds.includes('text'),
      );
      assert.equal(status, isTextBroken ? 503 : 200, JSON.stringify(body));
      assert.equal(world.received().includes(`without ${need}`), !isTextBroken);
    });
}
