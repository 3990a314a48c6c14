import assert from 'node:assert/strict';
import { type AccountView, judgeAccount } from '../../../../operate/doctor/checks/account.ts';
import { judgeSession } from '../../../../operate/doctor/checks/whatsapp.ts';
import { remedyFor } from '../../../../operate/doctor/message/remedies.ts';
import { whyChanged, whyHeldBack } from '../../../../services/api/account/account-texts.ts';

const owner = { id: '15551110000@c.us', name: 'Shop' };
const linked = { id: '15557770000@c.us' };
const viewOf = (view: Partial<AccountView>): AccountView => ({
  state: 'same',
  owner,
  linked: owner,
  waiting: { owner: 0, linked: 0, others: 0 },
  ...view,
});

describe('doctor, of the account that is linked', () => {
  it('is content with the one to which the session belongs, and says nothing before the first link', () => {
    assert.equal(judgeAccount(viewOf({}))[0]?.severity, 'good');
    assert.deepEqual(judgeAccount(viewOf({ state: 'unlinked', linked: undefined })), []);
    assert.deepEqual(judgeAccount(viewOf({ state: 'unlinked', owner: undefined, linked: undefined })), []);
  });

  it('names both accounts, what waits for each, and the ways out', () => {
    const waiting = { owner: 7, linked: 2, others: 0 };
    const [finding] = judgeAccount(viewOf({ state: 'changed', linked, waiting }));
    assert.equal(finding?.severity, 'error');
    assert.match(finding?.evidence.join('\n') ?? '', /15557770000.*15551110000[\s\S]*wait: 7 for.*2 for/);
    assert.match(finding?.remedy ?? '', /link the first phone.*account adopt.*account cancel/);
  });

  it('notes messages of an account that was linked in between', () => {
    const [finding] = judgeAccount(viewOf({ waiting: { owner: 0, linked: 0, others: 3 } }));
    assert.deepEqual([finding?.severity, finding?.evidence[0]?.endsWith('in between: 3')], ['note', true]);
  });

  it('sends a reader of the session to it', () => {
    const [finding] = judgeSession({ state: 'account_changed', whatsapp_ready: false });
    assert.match(finding?.remedy ?? '', /WhatsApp account/);
  });

  it('has the next step for a message that waits for the decision, or for its account', () => {
    assert.match(
      remedyFor(whyChanged({ owner, linked })),
      /gatehouse account adopt or gatehouse account cancel/,
    );
    assert.match(
      remedyFor(whyHeldBack({ owner, linked: owner }, linked.id)),
      /that account again, or cancel/,
    );
  });
});
