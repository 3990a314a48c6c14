import assert from 'node:assert/strict';
import { runCli } from '../../support/cli/run-cli.ts';
import { openEvents } from '../../support/kit/events.ts';
import { type Kit, startKit } from '../../support/kit/kit.ts';
import { OperatorView } from '../../support/kit/operator-view.ts';

const PARTNER = '15550100015@c.us';
const A = '15550001111';
const B = '15557770000';

interface Received {
  readonly phone: string;
  readonly body: string;
}

describe('kit, when the phone of another account scans the code', () => {
  let kit: Kit;
  let operator: OperatorView;
  before(async () => {
    kit = await (await startKit()).ready();
    operator = new OperatorView(kit);
    // The demo sends a message of its own.
    await kit.until('the first message is through', async () => {
      const { messages } = await (await fetch(`${kit.origin}/api/whatsapp/messages`)).json();
      return messages.length === 1 && ['delivered', 'read'].includes(messages[0].status);
    });
  });
  after(() => kit?.[Symbol.asyncDispose]());

  const scan = async (phone: string) => {
    assert.equal((await kit.post('/sandbox/api/unlink')).status, 200);
    await operator.stateBecomes('qr');
    const waiting = await operator.send(PARTNER, `before ${phone}`);
    await kit.until('the code is scanned', async () => {
      const body = { phone, pushname: `owner of ${phone}` };
      return (await kit.post('/sandbox/api/scan', body)).status === 200;
    });
    return waiting;
  };
  /** What the people whom the kit writes to got, and from which number. */
  const received = async (): Promise<(readonly [phone: string, body: string])[]> => {
    const answer = await fetch(`${kit.origin}/sandbox/api/messages?phone=*`);
    const messages: readonly Received[] = await answer.json();
    return messages
      .filter(({ body }) => /^(?:before|of|after) /.test(body))
      .map(({ phone, body }) => [phone.replace('@c.us', ''), body]);
  };
  const isReceived = (phone: string, body: string) =>
    kit.until(`${body} goes out from ${phone}`, async () =>
      (await received()).some(([from, text]) => from === phone && text === body),
    );
  const account = (...args: string[]) => runCli(['account', ...args, kit.origin]);

  it('holds what waits for the first one, says so everywhere, and sends it when that one returns', async () => {
    await using live = await openEvents(kit.origin);
    const id = await scan(B);
    await operator.stateBecomes('account_changed');
    await operator.says(['account_changed'], /another account|nothing goes out|Nothing goes out/i);
    const told = await live.next(({ type }) => type === 'account_changed');
    assert.match(JSON.stringify(told.data), new RegExp(`"owner":.*${A}.*"linked":.*${B}`));
    const held = await operator.message(id);
    assert.equal(held.status, 'queued');
    assert.match(held.reason ?? '', new RegExp(`${B}.*is linked.*${A}`));
    assert.match(await operator.doctor(), /the session belongs to[\s\S]*gatehouse account adopt/);
    const ofB = await operator.send(PARTNER, 'of B');
    const shown = await account();
    assert.deepEqual([shown.status, shown.stdout.includes('Nothing goes out.')], [1, true]);
    assert.deepEqual(await received(), []);

    const back = await scan(A);
    await isReceived(A, `before ${B}`);
    await isReceived(A, `before ${A}`);
    await live.next(({ type, data }) => type === 'account_changed' && data.decision === 'returned');
    assert.match((await operator.message(ofB)).reason ?? '', new RegExp(`belongs to the account ${B}`));
    assert.equal((await operator.message(back)).status !== 'queued', true);
    assert.equal((await account()).status, 0);
  });

  it('sends it from the other one once the operator chooses to adopt', async () => {
    await scan(B);
    await operator.stateBecomes('account_changed');
    const refused = await account('adopt', '--linked', A);
    assert.deepEqual([refused.status, /is linked now, and not/.test(refused.stdout)], [1, true]);
    const { status, stdout } = await account('adopt', '--linked', B);
    assert.deepEqual([status, /that go out from 15557770000 .*: \d+\n/.test(stdout)], [0, true], stdout);
    await isReceived(B, 'of B');
    await kit.until('both from B', async () => {
      const fromB = (await received()).filter(([phone]) => phone === B).map(([, body]) => body);
      return fromB.includes('of B') && fromB.includes(`before ${B}`);
    });
    await operator.stateBecomes('ready');
    await kit.until('/health is well', async () => (await kit.health()).status === 'ok');
  });

  it('cancels it once the operator chooses so', async () => {
    const id = await scan(A);
    await operator.stateBecomes('account_changed');
    const { status, stdout } = await account('cancel');
    assert.deepEqual([status, /that were canceled: 1\n/.test(stdout)], [0, true], stdout);
    const canceled = await operator.message(id);
    assert.deepEqual([canceled.status, canceled.error?.code], ['canceled', 'message_canceled']);
    const next = await operator.send(PARTNER, 'after it');
    await kit.until('the next one is sent', async () => (await operator.message(next)).status !== 'queued');
    await isReceived(A, 'after it');
    assert.equal((await received()).filter(([, body]) => body === `before ${A}`).length, 1);
  });
});
