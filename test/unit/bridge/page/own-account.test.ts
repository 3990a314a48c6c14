import assert from 'node:assert/strict';
import { createContext, runInContext } from 'node:vm';
import { readOtherAccount } from '../../../../services/bridge/page/errors.ts';
import { guardChange, readAccount } from '../../../../services/bridge/page/people/own-account.ts';

const ME = '15550001111@c.us';
const MY_LID = '11110005551@lid';
const OTHER = '15550009999@c.us';
const OTHER_LID = '99990005559@lid';
const KEY = 'true_15552220000@c.us_A';

/** Of the page: who it is linked to, the pairs that it knows, and what changes messages. */
const PAGE = `
  const wid = (text) => ({ text, isLid: () => text.endsWith('@lid'), toString: () => text });
  const page = { pn: '${ME}', lid: '${MY_LID}', pairs: {}, done: [] };
  const pairOf = (of) => (page.pairs[of] ? wid(page.pairs[of]) : undefined);
  const modules = {
    WAWebWidFactory: { createWid: wid },
    WAWebApiContact: { getCurrentLid: pairOf, getPhoneNumber: pairOf },
    WAWebUserPrefsMeUser: {
      getMaybeMePnUser: () => page.pn && wid(page.pn),
      getMaybeMeLidUser: () => page.lid && wid(page.lid),
    },
    WAWebSendReactionMsgAction: { sendReactionToMsg: (msg, emoji) => page.done.push(emoji) },
    WAWebSendMessageEditAction: { sendMessageEdit: (msg, text) => page.done.push(text) },
    WAWebCmd: { Cmd: {
      sendRevokeMsgs: (chat, messages) => page.done.push('revoke'),
      sendDeleteMsgs: (chat, messages) => page.done.push('delete'),
    } },
  };
  var window = {
    require: (name) => {
      if (modules[name] === undefined) throw new Error('Requiring unknown module ' + name);
      return modules[name];
    },
    WWebJS: {},
  };
  const msg = { id: { id: 'A', toString: () => '${KEY}' } };`;

describe('in the page, the account that is linked', () => {
  let run: (source: string) => unknown;
  beforeEach(() => {
    const context = createContext({});
    run = (source) => runInContext(source, context);
    run(PAGE);
  });
  const account = (wanted?: string): unknown => JSON.parse(JSON.stringify(run(readAccount(wanted))));

  it('is that of the call by number and by LID, and any where the call names none', () => {
    for (const wanted of [ME, MY_LID, undefined]) assert.deepEqual(account(wanted), [ME, MY_LID]);
    for (const wanted of [OTHER, OTHER_LID]) {
      assert.throws(
        () => account(wanted),
        (error) => {
          assert.deepEqual(readOtherAccount(new Error(Object(error).message)), {
            account: wanted,
            linked: ME,
          });
          return true;
        },
      );
    }
  });

  it('known by its LID only, is that of a number if the page knows the pair, and another one if it does not', () => {
    run('page.pn = undefined;');
    assert.throws(() => account(ME), /other account/);
    run(`page.pairs = { '${ME}': '${MY_LID}', '${OTHER}': '${OTHER_LID}' };`);
    assert.deepEqual(account(ME), [MY_LID]);
    assert.throws(() => account(OTHER), /other account/);
    run('delete modules.WAWebApiContact;');
    assert.throws(() => account(ME), /other account/);
  });

  it('is no other one because of a pair, where the page knows its own number', () => {
    run(`page.pairs = { '${OTHER}': '${MY_LID}' };`);
    assert.throws(() => account(OTHER), /other account/);
  });

  it('is any where the page does not say it', () => {
    run('page.pn = page.lid = undefined;');
    assert.deepEqual(account(ME), []);
    run('delete modules.WAWebUserPrefsMeUser;');
    assert.deepEqual(account(ME), []);
  });
});

describe('in the page, a change for an account', () => {
  let run: (source: string) => unknown;
  beforeEach(() => {
    const context = createContext({});
    run = (source) => runInContext(source, context);
    run(PAGE);
  });
  const CHANGES = [
    "window.require('WAWebSendReactionMsgAction').sendReactionToMsg(msg, 'react')",
    "window.require('WAWebSendMessageEditAction').sendMessageEdit(msg, 'edit', {})",
    "window.require('WAWebCmd').Cmd.sendRevokeMsgs({}, { list: [msg], type: 'message' }, {})",
    "window.require('WAWebCmd').Cmd.sendRevokeMsgs({}, [msg], {})",
    "window.require('WAWebCmd').Cmd.sendDeleteMsgs({}, { list: [msg] }, true)",
  ];

  it('is not begun for another one', () => {
    assert.throws(() => run(guardChange(KEY, OTHER)), /other account/);
  });

  it('is refused in the moment in which another one is linked, also where the message has another address by then', () => {
    for (const id of [KEY, 'true_99990002225551@lid_A']) {
      run(`page.pn = '${ME}'; page.lid = undefined;`);
      run(guardChange(id, ME));
      run(`page.pn = '${OTHER}';`);
      for (const change of CHANGES) assert.throws(() => run(change), /other account/, change);
      assert.equal(run('page.done.length'), 0);
    }
    run(`page.pn = '${ME}';`);
    for (const change of CHANGES) run(change);
    assert.equal(run('page.done.join()'), 'react,edit,revoke,revoke,delete');
  });

  it('goes through for whichever is linked once it names none, and does not hold up other messages', () => {
    run(guardChange(KEY, ME));
    run(`page.pn = '${OTHER}'; page.lid = undefined;`);
    run("window.require('WAWebSendMessageEditAction').sendMessageEdit({ id: { id: 'B' } }, 'another', {})");
    run(guardChange(KEY, undefined));
    for (const change of CHANGES) run(change);
    assert.equal(run('page.done.join()'), 'another,react,edit,revoke,revoke,delete');
  });

  it('goes through in a page without the modules, as far as the library can do it there', () => {
    run('delete modules.WAWebSendReactionMsgAction; delete modules.WAWebCmd; delete window.WWebJS;');
    run(guardChange(KEY, ME));
    run("window.require('WAWebSendMessageEditAction').sendMessageEdit(msg, 'edit', {})");
    assert.equal(run('page.done.join()'), 'edit');
  });
});
