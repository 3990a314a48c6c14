import assert from 'node:assert/strict';
import { compatReportSchema } from '../../../../services/contract/compat.ts';
import { STEADY } from '../../../support/bridge/limits.ts';
import { NOT_MODELED, testWithout } from '../../../support/bridge/removed-exports.ts';
import { startWorld, type World } from '../../../support/bridge/world.ts';
import { tellFigures } from '../../../support/tell-figures.ts';
import { until } from '../../../support/until.ts';

const ANN = '15553330000@c.us';
describe('bridge, the self-test of the page', () => {
  let world: World;
  const link = async (settings: object) => {
    await world.misbehave('settings', { late: [], ...settings });
    await world.link({ limits: STEADY });
  };
  const report = async () => compatReportSchema.parse((await world.call('GET', '/compat')).body);
  const inState = async (state: string) =>
    (await report()).capabilities
      .filter((row) => row.state === state && !NOT_MODELED.includes(row.capability))
      .map((row) => row.capability);
  const told = (capability: string) =>
    world.api
      .ofKind('compat')
      .filter(({ data }) => data.capability === capability)
      .map(({ data }) => data.state);
  beforeEach(async () => {
    world = await startWorld();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it('finds nothing broken in the newest page, and says where it is patched', async () => {
    await link({});
    assert.deepEqual(await inState('broken'), []);
    const patched = ['send_media', 'edit', 'revoke', 'inbound_reactions'];
    assert.deepEqual(await inState('patched'), patched);
    const { page_version, took_ms = Number.NaN } = await report();
    assert.equal(page_version, '2.3000.1047775310');
    tellFigures('the self-test of the page at a start', `${took_ms} ms`);
    assert.ok(took_ms >= 0);
    assert.ok(world.log.some((line) => line.includes('the self-test of the page took')));
    const { compat } = await world.health();
    assert.deepEqual([compat?.patched, compat?.broken], [patched.length, NOT_MODELED]);
    await world.told();
    assert.deepEqual(
      patched.map((name) => told(name)),
      patched.map(() => ['patched']),
    );
  });

  it('needs no patch on the oldest page', async () => {
    await link({ edition: '2026-06' });
    assert.deepEqual(await inState('patched'), []);
    assert.deepEqual(await inState('broken'), []);
  });

  it('refuses only what a missing module breaks, and takes it again from a page that has the module', async () => {
    await link({ without: ['WAWebPrepRawMedia'] });
    assert.deepEqual(await inState('broken'), ['send_media']);
    const medium = { kind: 'media', mimetype: 'text/plain', data: 'aGk=' };
    const send = (content: object) => world.call('POST', '/send', { chatId: ANN, content });
    const refused = await send(medium);
    assert.equal(refused.status, 503);
    assert.match(JSON.stringify(refused.body), /page_incompatible.*send_media.*WAWebPrepRawMedia/);
    assert.equal((await send({ kind: 'text', text: 'a text' })).status, 200);

    await world.misbehave('settings', { without: [] });
    await world.misbehave('reload');
    await until('the medium is taken', async () => (await send(medium)).status === 200);
    await world.told();
    assert.deepEqual(told('send_media'), ['broken', 'patched']);
    assert.deepEqual(world.received().slice(0, 1), ['a text']);
  });

  it('heals by itself when a module was only late', async () => {
    await link({ late: ['WAWebSendReactionMsgAction'], lateMs: -1 });
    assert.deepEqual(await inState('broken'), ['react']);
    await world.misbehave('load');
    await until('the reactions are restored', async () => (await inState('broken')).length === 0);
    await world.told();
    assert.deepEqual(told('react'), ['broken', 'ok']);
  });

  it('is repeated over a restart of the bridge, and tells nothing that has not changed', async () => {
    await link({ without: ['WAWebSendMessageEditAction'] });
    await world.told();
    const before = world.api.ofKind('compat').length;
    await world.stopBridge();
    await world.startBridge({ limits: STEADY });
    await world.untilState('ready');
    assert.deepEqual(await inState('broken'), ['edit']);
    await world.told();
    assert.equal(world.api.ofKind('compat').length, before);
  });
});

describe('bridge, a page without one export', () => {
  testWithout([
    'WAWebSendMsgChatAction.addAndSendMsgToChat',
    'WAWebMediaMmsV4Upload.uploadMedia',
    'WAWebQueryExistsJob.queryWidExists',
    'WAWebMsgActionCapability.canEditText',
    'WAWebChatLoadMessages.loadEarlierMsgs',
    'WAWebCollections.Contact.get',
  ]);
});
