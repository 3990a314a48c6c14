import assert from 'node:assert/strict';
import { createContext, runInContext } from 'node:vm';
import { readSendError, SendEndedError } from '../../../../services/bridge/page/errors.ts';
import { findInChat, IS_DELIVERY_OVER, resendMessage } from '../../../../services/bridge/page/lookup.ts';
import { INSTALL_SEND_HOOK, outcomeOf } from '../../../../services/bridge/page/send-hook.ts';
import { LID, ME, NUMBER, PAGE } from '../../../support/bridge/hooked-page.ts';

const OTHER = '15550009999@c.us';

describe('in the page, how a send ends', () => {
  let run: (source: string) => unknown;
  beforeEach(() => {
    const context = createContext({ setTimeout });
    run = (source) => runInContext(source, context);
    run(PAGE);
    run(INSTALL_SEND_HOOK);
  });

  const send = async (id: string, to = NUMBER, account?: string): Promise<unknown> => {
    const gatehouse = { attempt: id, id, notAfter: Date.now() + 60_000, account };
    const options = JSON.stringify({ waitUntilMsgSent: true, extraOptions: { gatehouse } });
    return run(
      `window.WWebJS.sendMessage({ id: wid('${to}') }, 'x', ${options}).then((msg) => String(msg?.id))`,
    );
  };
  const endOf = async (id: string) => {
    const thrown: unknown = await send(id).catch((error: unknown) => error);
    const error = readSendError(new Error(String(Object(thrown).message)));
    assert.ok(error instanceof SendEndedError, String(error));
    return error.word;
  };
  const json = async (source: string) =>
    JSON.parse(String(await run(`(async () => JSON.stringify(await ${source}))()`)));
  const find = (id: string, address = NUMBER) => json(findInChat(id, address));

  it('is read from the result, and not from any number in it', async () => {
    run(
      "page.next = async (msg) => { msg.ack = 1; return { messageSendResult: 'OK', t: 475, count: 463 }; }",
    );
    assert.equal(await send('A'), `true_${NUMBER}_A`);
    run(`page.next = async (msg) => {
      Object.assign(msg, { ack: -1, isSendFailure: true, errorCode: 'UserReachedMaxMonthlyLimitForNewMessages' });
      return { messageSendResult: 'ERROR_UNKNOWN', ackErrorCode: 475 };
    }`);
    assert.deepEqual(await endOf('B'), {
      ...{ result: 'ERROR_UNKNOWN', code: 475, ack: -1, isSendFailure: true },
      errorCode: 'UserReachedMaxMonthlyLimitForNewMessages',
    });
    const { isFailed, isRefused, errorCode } = await find('B');
    assert.deepEqual(
      [isFailed, isRefused, errorCode],
      [true, true, 'UserReachedMaxMonthlyLimitForNewMessages'],
    );
  });

  it('is remembered of a rejected send, of which the message shows nothing', async () => {
    run(
      "page.next = async () => { throw Object.assign(new Error('Contact is blocked'), { name: 'ContactBlocked' }); }",
    );
    const word = { result: 'REJECTED', errorName: 'ContactBlocked', error: 'Contact is blocked', ack: 0 };
    assert.deepEqual(await endOf('A'), word);
    const { ack, isFailed, isRefused } = await find('A');
    assert.deepEqual([ack, isFailed, isRefused], [0, true, true]);
    assert.match(String(await run(resendMessage('A'))), /does not count it as failed/);
    assert.deepEqual(await json(outcomeOf('A')), word);
  });

  it('gives the message that was sent, also where the page files it under the other address of its chat', async () => {
    run(`page.keep = ({ id }) => new MsgKey({ from: wid('${ME}'), to: wid('${LID}'), id });`);
    assert.equal(await send('A'), `true_${LID}_A`);
    for (const id of ['A', `true_${NUMBER}_A`, `true_${LID}_A`])
      assert.equal((await find(id)).id._serialized, `true_${LID}_A`, id);
    await assert.rejects(send('A'), /already there/);
    run('page.keep = () => ({ fromMe: true, id: "of its own", toString: () => "of its own" });');
    assert.equal(await send('B'), 'of its own');
  });

  it('is refused in the last moment when another account was linked meanwhile, and never begins after that', async () => {
    assert.equal(await send('A', NUMBER, ME), `true_${NUMBER}_A`);
    run(
      `page.prepare = async () => { modules.WAWebUserPrefsMeUser.getMaybeMePnUser = () => wid('${OTHER}'); };`,
    );
    const refused = new RegExp(`other account: .*${ME}.*${OTHER}`);
    await assert.rejects(send('B', NUMBER, ME), refused);
    run("page.prepare = () => { throw new Error('the library was called'); };");
    await assert.rejects(send('C', NUMBER, ME), refused);
    run('page.prepare = undefined;');
    assert.equal(run('held.length'), 1);
    assert.equal(await send('D', NUMBER, OTHER), `true_${NUMBER}_D`);
    assert.equal(await send('E'), `true_${NUMBER}_E`);
  });

  it('is not begun again for another account than that of the message', async () => {
    run(
      "page.next = async (msg) => { msg && (msg.isSendFailure = true); return { messageSendResult: 'ERROR_NETWORK' }; }",
    );
    await endOf('A');
    await assert.rejects(Promise.resolve(run(resendMessage('A', OTHER))), /other account/);
    assert.equal(run('page.resends'), 0);
    assert.equal(await run(resendMessage('A', ME)), null);
    assert.equal(run('page.resends'), 1);
  });

  it('waits for what the server has kept, where the page says that it is not all there', async () => {
    assert.equal(run(IS_DELIVERY_OVER), true, 'a page without the module');
    run(`modules.WAWebEventsWaitForOfflineDeliveryEnd = { isOfflineDeliveryEnd: () => page.isEnd };`);
    assert.equal(run(IS_DELIVERY_OVER), true, 'a page that gives nothing');
    run('page.isEnd = false;');
    assert.deepEqual([run(IS_DELIVERY_OVER), run(IS_DELIVERY_OVER)], [false, false]);
    run('window.WWebJS.sendMessage.deliveryAwaitedSince -= 300001;');
    assert.equal(run(IS_DELIVERY_OVER), true, 'after 5 minutes');
    run('page.isEnd = true;');
    assert.equal(run(IS_DELIVERY_OVER), true);
    run('page.isEnd = false;');
    assert.equal(run(IS_DELIVERY_OVER), false, 'from another connection on');
  });

  it('is told of a retry, with the code of the server', async () => {
    run(
      "page.next = async (msg) => { msg && (msg.isSendFailure = true); return { messageSendResult: 'ERROR_NETWORK' }; }",
    );
    assert.deepEqual(await endOf('A'), { result: 'ERROR_NETWORK', isSendFailure: true, ack: 0 });
    const { isFailed, isRefused } = await find('A');
    assert.deepEqual([isFailed, isRefused], [true, false]);
    run(
      `page.next = async () => { Object.assign(held[0], { ack: -1, isSendFailure: true }); return { messageSendResult: 'ERROR_UNKNOWN', ackErrorCode: 463 }; }`,
    );
    assert.equal(await run(resendMessage('A')), null);
    assert.deepEqual(await json(outcomeOf('A')), {
      result: 'ERROR_UNKNOWN',
      code: 463,
      ack: -1,
      isSendFailure: true,
    });
    run("page.next = async () => { held[0].ack = 1; return { messageSendResult: 'OK' }; }");
    assert.equal(await run(resendMessage('A')), null);
    await json(outcomeOf('A'));
    const found = await find('A');
    assert.deepEqual([found.isFailed, found.ack, run('page.resends')], [false, 1, 2]);
    // It has not failed: there is nothing to try again.
    assert.equal(await run(resendMessage('A')), null);
    assert.equal(run('page.resends'), 2);
  });

  it('is NOT_SENT after a retry that sends nothing, and there is no retry where its module is missing', async () => {
    await send('A');
    run('Object.assign(held[0], { ack: 0, isSendFailure: true }); page.silent = true;');
    assert.equal(await run(resendMessage('A')), null);
    const { result } = await json(outcomeOf('A'));
    assert.deepEqual([result, (await find('A')).isFailed], ['NOT_SENT', true]);
    run('delete modules.WAWebResendMsgAction; held[0].isSendFailure = true;');
    assert.match(String(await run(resendMessage('A'))), /no retry/);
  });
});

describe('in the page, the look for a message', () => {
  let run: (source: string) => unknown;
  beforeEach(() => {
    const context = createContext({});
    run = (source) => runInContext(source, context);
    run(PAGE);
    run(INSTALL_SEND_HOOK);
  });
  const find = async (id: string, address = NUMBER) =>
    JSON.parse(String(await run(`(async () => JSON.stringify(await ${findInChat(id, address)}))()`)));
  const store = (id: string, more = '') =>
    run(
      `page.stored['${id}'] = { id: { fromMe: true, remote: wid('${ME}'), id: 'A', toString: () => '${id}' }, t: 1, ack: 1, type: 'chat'${more} };`,
    );

  it('finds in the database a message to oneself, whose key ends in its direction', async () => {
    store(`true_${ME}_A_out`);
    assert.equal((await find('A', ME)).id._serialized, `true_${ME}_A_out`);
    assert.equal(await find('A'), null);
  });

  it('finds in the database a message under the other address of its chat', async () => {
    store(`true_${LID}_A`);
    for (const id of ['A', `true_${NUMBER}_A`])
      assert.equal((await find(id)).id._serialized, `true_${LID}_A`);
  });

  it('finds a deleted message, to which its deletion has given another id', async () => {
    store(`true_${NUMBER}_A`);
    run(`const msg = { ...page.stored['true_${NUMBER}_A'], type: 'revoked', protocolMessageKey: page.stored['true_${NUMBER}_A'].id };
      msg.id = { ...msg.id, remote: wid('${NUMBER}'), id: 'Z', toString: () => 'true_${NUMBER}_Z' };
      page.stored = {}; held.push(msg);`);
    for (const id of ['A', `true_${NUMBER}_A`]) {
      const found = await find(id);
      assert.deepEqual([found.type, found.id.id, found.id._serialized], ['revoked', 'A', `true_${NUMBER}_A`]);
    }
  });

  it('counts a failed edit as such, and the message as sent', async () => {
    store(`true_${NUMBER}_A`, ", isSendFailure: true, errorCode: 'EditWindowExpired'");
    const { isFailed, isEditFailed, errorCode } = await find('A');
    assert.deepEqual([isFailed, isEditFailed, errorCode], [false, true, 'EditWindowExpired']);
  });
});
