import assert from 'node:assert/strict';
import { createContext, runInContext } from 'node:vm';
import { PageDataError } from '../../../../services/bridge/page/data.ts';
import {
  personAmong,
  type ResolvedPerson,
  type ResolveOptions,
  readResolved,
  resolvePerson,
} from '../../../../services/bridge/page/people/resolve.ts';

const NUMBER = '15552220000';
const NUMBER_ID = `${NUMBER}@c.us`;
const ALIAS_ID = '1555222000@c.us';
const LID = '99990002225551@lid';
const ME = '15550001111@c.us';
const OTHER = '15550009999@c.us';

/** Of the page: the chats, contacts and pairs that it has; `registered` is what the server answers, by number. */
const PAGE = `
  const wid = (text) => ({
    text,
    isUser: () => !text.endsWith('@g.us'),
    isLid: () => text.endsWith('@lid'),
    toString: () => text,
  });
  const page = { me: '${ME}', chats: [], names: {}, pairs: {}, registered: {}, asked: [] };
  const pairOf = (of) => (page.pairs[of] ? wid(page.pairs[of]) : undefined);
  const modules = {
    WAWebWidFactory: { createWid: wid },
    WAWebApiContact: { getCurrentLid: pairOf, getPhoneNumber: pairOf },
    WAWebUserPrefsMeUser: { getMaybeMePnUser: () => wid(page.me), getMaybeMeLidUser: () => null },
    WAWebCollections: {
      Chat: { get: (of) => (page.chats.includes(String(of)) ? { id: of } : undefined) },
      Contact: { get: (of) => (page.names[of] === undefined ? undefined : { name: page.names[of] }) },
    },
    WAWebQueryExistsJob: {
      async queryWidExists(of) {
        page.asked.push(String(of));
        if (page.onAsk) page.onAsk();
        const found = page.registered[of];
        if (found?.pair) Object.assign(page.pairs, { [found.pair]: found.wid, [found.wid]: found.pair });
        return found ? { wid: wid(found.wid) } : null;
      },
    },
  };
  var window = {
    require: (name) => {
      if (modules[name] === undefined) throw new Error('Requiring unknown module ' + name);
      return modules[name];
    },
  };`;

describe('in the page, who is at an address', () => {
  let run: (source: string) => unknown;
  beforeEach(() => {
    const context = createContext({});
    run = (source) => runInContext(source, context);
    run(PAGE);
  });
  const resolve = async (chatId: string, options: ResolveOptions = {}): Promise<ResolvedPerson | undefined> =>
    readResolved(
      JSON.parse(
        String(await run(`(async () => JSON.stringify(await ${resolvePerson(chatId, options)}))()`)),
      ),
    );
  const asked = () => String(run('page.asked.join()'));
  const pair = `page.pairs = { '${NUMBER_ID}': '${LID}', '${LID}': '${NUMBER_ID}' };`;
  const both = { phone_number: NUMBER, lid: LID };

  it('is known by the pair, or by a chat under either id, and then nobody is asked', async () => {
    for (const [known, chatId, person] of [
      [pair, LID, both],
      [`${pair} page.chats = ['${NUMBER_ID}'];`, NUMBER_ID, both],
      [`${pair} page.chats = ['${LID}'];`, LID, both],
      [`${pair} page.chats = ['${NUMBER_ID}', '${LID}'];`, LID, both],
      [`page.pairs = {}; page.chats = ['${NUMBER_ID}'];`, NUMBER_ID, { phone_number: NUMBER }],
    ] as const) {
      run(`page.chats = []; ${known}`);
      const expected = { chatId, person, isAsked: false };
      assert.deepEqual(await resolve(NUMBER_ID), expected, known);
      if (person === both) assert.deepEqual(await resolve(LID), expected, known);
    }
    assert.equal(asked(), '');
  });

  it('has the name of its contact, under whichever id', async () => {
    run(pair);
    for (const id of [NUMBER_ID, LID]) {
      run(`page.names = { '${id}': 'Ann' };`);
      for (const typed of [NUMBER_ID, LID]) assert.equal((await resolve(typed))?.person.name, 'Ann');
    }
    run(`page.names = { '${LID}': '' };`);
    assert.deepEqual((await resolve(LID))?.person, both);
  });

  it('is asked of the server otherwise, and is who the server says: with its pair, its LID alone, or its number', async () => {
    for (const [answer, chatId, person] of [
      [{ wid: LID, pair: NUMBER_ID }, LID, both],
      [{ wid: LID }, LID, { lid: LID }],
      [{ wid: NUMBER_ID }, NUMBER_ID, { phone_number: NUMBER }],
    ] as const) {
      run(`page.pairs = {}; page.registered = { '${ALIAS_ID}': ${JSON.stringify(answer)} };`);
      assert.deepEqual(await resolve(ALIAS_ID), { chatId, person, isAsked: true });
    }
    assert.equal(asked(), [ALIAS_ID, ALIAS_ID, ALIAS_ID].join());
    assert.equal(await resolve('15552229999@c.us'), undefined);
  });

  it('is in the chat that the page has, also where the server names the other address', async () => {
    run(
      `page.chats = ['${NUMBER_ID}']; page.registered = { '${ALIAS_ID}': { wid: '${LID}', pair: '${NUMBER_ID}' } };`,
    );
    assert.deepEqual(await resolve(ALIAS_ID), { chatId: NUMBER_ID, person: both, isAsked: true });
  });

  it('is asked of the server, whatever the page knows, when a fresh answer is wanted; but for a LID', async () => {
    run(pair);
    assert.equal(await resolve(NUMBER_ID, { isFresh: true }), undefined);
    assert.deepEqual(await resolve(LID, { isFresh: true }), { chatId: LID, person: both, isAsked: false });
    run('page.pairs = {};');
    for (const isFresh of [true, false])
      assert.deepEqual(await resolve(LID, { isFresh }), {
        chatId: LID,
        person: { lid: LID },
        isAsked: false,
      });
    assert.equal(asked(), NUMBER_ID);
  });

  it('is answered in a page that keeps no pairs and no contacts', async () => {
    run(`delete modules.WAWebApiContact; delete modules.WAWebCollections.Contact;
      page.registered = { '${NUMBER_ID}': { wid: '${NUMBER_ID}' } };`);
    assert.equal((await resolve(NUMBER_ID))?.isAsked, true);
    assert.deepEqual(await resolve(LID), { chatId: LID, person: { lid: LID }, isAsked: false });
  });

  it('is not answered for another account, nor when another one is linked during the question', async () => {
    await assert.rejects(resolve(NUMBER_ID, { account: OTHER }), /other account/);
    assert.equal(asked(), '');
    run(
      `page.registered = { '${NUMBER_ID}': { wid: '${LID}' } }; page.onAsk = () => { page.me = '${OTHER}'; };`,
    );
    await assert.rejects(resolve(NUMBER_ID, { account: ME }), /other account/);
    assert.equal(asked(), NUMBER_ID);
  });

  it('is what the server refuses, where it does, and refused when it is in no known form', async () => {
    run("page.onAsk = () => { throw new Error('rate-overlimit'); };");
    await assert.rejects(resolve(NUMBER_ID), /rate-overlimit/);
    for (const raw of [undefined, {}, { chatId: 1, ids: [], name: null, isAsked: true }])
      assert.throws(() => readResolved(raw), PageDataError);
    assert.deepEqual(personAmong(['0@c.us', '120363000000000300@g.us']), {});
    assert.deepEqual(personAmong([LID, NUMBER_ID, '15553330000@c.us', '1@lid']), both);
  });
});
