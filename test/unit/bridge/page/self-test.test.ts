import assert from 'node:assert/strict';
import { CAPABILITIES } from '../../../../services/bridge/page/compat/capabilities.ts';
import { testPage } from '../../../../services/bridge/page/compat/self-test.ts';
import { PageDataError } from '../../../../services/bridge/page/data.ts';
import type { CapabilityState } from '../../../../services/contract/compat.ts';
import { brokenWithout, NEEDS } from '../../../support/bridge/removed-exports.ts';
import { FakeTestedPage } from '../../../support/bridge/tested-page.ts';

const newPage = () => new FakeTestedPage(NEEDS);
const test = async (page: FakeTestedPage) => (await testPage(page)).capabilities;
const namesOf = (rows: readonly CapabilityState[], state: string) =>
  rows.filter((row) => row.state === state).map((row) => row.capability);
async function rowOf(page: FakeTestedPage, name: string): Promise<CapabilityState> {
  const row = (await test(page)).find(({ capability }) => capability === name);
  assert.ok(row !== undefined, name);
  return row;
}

describe('bridge, the self-test of a page', () => {
  it('finds nothing amiss in a page that has all, and says its version', async () => {
    const { capabilities, pageVersion } = await testPage(newPage());
    assert.deepEqual(namesOf(capabilities, 'ok').length, CAPABILITIES.length);
    assert.equal(pageVersion, '2.3000.1');
  });

  for (const need of NEEDS)
    it(`breaks exactly what needs ${need}`, async () => {
      const expected = brokenWithout(need);
      const rows = await test(newPage().without(need));
      assert.deepEqual(namesOf(rows, 'broken'), expected);
      for (const { state, reason = '' } of rows) if (state === 'broken') assert.notEqual(reason, '');
    });

  it('names the module, or the export and what it should be', async () => {
    const one = await rowOf(newPage().without('WAWebSendMessageEditAction'), 'edit');
    assert.equal(one.reason, 'WAWebSendMessageEditAction cannot be required');
    const other = await rowOf(newPage().set('WAWebQueryExistsJob.queryWidExists', 7), 'recipients');
    assert.equal(other.reason, 'WAWebQueryExistsJob.queryWidExists is no function');
    assert.deepEqual(other.kinds, ['text', 'media', 'location', 'contact']);
  });

  it('says patched where a medium carries __x_id, and ok where it does not', async () => {
    const model = { toJSON: () => ({}), set: () => undefined, __x_id: undefined };
    const page = newPage().set('WAWebPrepRawMedia.prepRawMedia', () => ({ waitForPrep: async () => model }));
    assert.equal((await rowOf(page, 'send_media')).state, 'patched');
    assert.equal((await rowOf(newPage(), 'send_media')).state, 'ok');
  });

  it('says patched where the version is supplied', async () => {
    const page = newPage();
    page.window.Debug = { VERSION: 'unknown', isSupplied: true };
    assert.equal((await rowOf(page, 'version')).state, 'patched');
  });

  const texts: readonly [string, string, (page: FakeTestedPage) => unknown][] = [
    ['chosen_ids', 'cannot be replaced', (page) => Object.freeze(page.modules.WAWebSendMsgChatAction)],
    ['inbound', 'did not arrive', (page) => (page.isHeard = false)],
    ['people', 'who the people in it are', (page) => (page.window.WWebJS = { gatehousePeople: () => ({}) })],
    [
      'people',
      'to its LID and back',
      (page) =>
        (page.window.WWebJS = {
          gatehousePeople: () => ({}),
          getMessageModel: Object.assign(() => undefined, { isNaming: true }),
        }),
    ],
    ['inbound', 'not attached', (page) => (page.window.WWebJS = {})],
    ['inbound', 'onMessageAckEvent', (page) => delete page.window.onMessageAckEvent],
    ['storage', '20 KiB more', (page) => (page.quota = 20 * 1024)],
    ['version', 'does not tell its version', (page) => delete page.window.Debug],
    ['calls', 'does not hear the collection', (page) => (page.areCallsHeard = false)],
    ['calls', 'no function setActiveCall', (page) => page.set('WAWebCallCollection.setActiveCall', 1)],
    ['calls', 'calls that are added', (page) => page.set('WAWebCallCollection.add', () => undefined)],
    ['calls', 'onIncomingCall', (page) => delete page.window.onIncomingCall],
    ['logout_reason', 'gatehouseLogout', (page) => delete page.window.gatehouseLogout],
    [
      'logout_reason',
      'Socket.logout does not report',
      (page) => page.without('WAWebSocketModel.Socket.logout').set('WAWebSocketModel.Socket.logout', noop),
    ],
    ['dialogs', 'has no button', (page) => (page.dialogs = [{ button: null }])],
    ['calls', 'no Map', (page) => page.set('WAWebCallCollection', {})],
    ['lookup', 'cannot be listed', (page) => page.set('WAWebCollections.Msg.getModelsArray', () => 'none')],
    ['acks', 'it threw: no list', (page) => page.set('WAWebCollections.Msg.getModelsArray', throwing)],
    [
      'lookup',
      'does not exist',
      (page) => page.set('WAWebCollections.Msg.getMessagesById', async () => ({ messages: [{}] })),
    ],
    [
      'lookup',
      'not found by the text',
      (page) => page.set('WAWebCollections.Msg.getMessagesById', async () => ({})),
    ],
    ['own_chat', 'ends with "_new"', (page) => page.set('WAWebMsgKey', keysEnding('_new'))],
  ];
  for (const [capability, reason, change] of texts)
    it(`breaks ${capability} with the reason "${reason}"`, async () => {
      const page = newPage();
      change(page);
      const { state, reason: said = '' } = await rowOf(page, capability);
      assert.deepEqual([state, said.includes(reason)], ['broken', true], said);
    });

  it('takes what it cannot prove for well, and says so', async () => {
    const page = newPage().set('WAWebCollections.Msg.getModelsArray', () => []);
    page.set('WAWebUserPrefsMeUser.getMaybeMeLidUser', () => undefined);
    page.set('WAWebPrepRawMedia.prepRawMedia', () => ({ waitForPrep: () => new Promise(() => undefined) }));
    page.without('WAWebConnModel.Conn.trigger');
    const rows = await test(page);
    assert.deepEqual(namesOf(rows, 'broken'), []);
    const unproven = rows.filter(({ reason }) => reason?.startsWith('not proven: '));
    assert.deepEqual(
      unproven.map(({ capability }) => capability),
      ['send_media', 'reply', 'edit', 'revoke', 'react', 'lookup', 'own_lid', 'people', 'inbound', 'dialogs'],
    );
  });

  it('refuses answers that are none', async () => {
    const page = { run: async () => ({ lacks: 1 }), hears: async () => false };
    await assert.rejects(testPage(page), PageDataError);
  });
});

function noop(): void {
  // A function that the bridge has not hooked.
}

function throwing(): never {
  throw new Error('no list');
}

/** A class of keys of which those of messages to oneself end in a way that nobody knows. */
function keysEnding(end: string) {
  return class {
    readonly fromMe = true;
    readonly _serialized: string;
    static newId = () => '3EB0';
    constructor({ remote, id }: { remote: { _serialized: string }; id: string }) {
      this._serialized = `true_${remote._serialized}_${id}${remote._serialized.startsWith('0@') ? '' : end}`;
    }
    toString(): string {
      return this._serialized;
    }
  };
}
