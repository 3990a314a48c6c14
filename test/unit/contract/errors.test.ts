import assert from 'node:assert/strict';
import { ERRORS, KitError } from '../../../services/contract/errors.ts';
import { toProblem } from '../../../services/contract/problem.ts';

describe('problem document', () => {
  it('carries code, status, remedy, fields and request id of a KitError', () => {
    const fields = [{ field: 'chat_id', message: 'must be there' }];
    const problem = toProblem(new KitError('body_invalid', 'chat_id: must be there', { fields }), 'r-1');
    assert.deepEqual(
      [problem.code, problem.status, problem.errors, problem.request_id],
      ['body_invalid', 400, fields, 'r-1'],
    );
    assert.equal(problem.type, 'urn:gatehouse:error:body_invalid');
  });

  it('tells nothing of an error that nobody foresaw', () => {
    const problem = toProblem(new Error('password=hunter2 at /srv/kit/x.ts:1'));
    assert.equal(problem.code, 'internal_error');
    assert.ok(!JSON.stringify(problem).includes('hunter2') && !JSON.stringify(problem).includes('/srv'));
  });

  it('has a client or server error status and a remedy for every code', () => {
    for (const [code, { status, title, remedy }] of Object.entries(ERRORS)) {
      assert.ok(status >= 400 && status <= 599 && title.length > 0 && remedy.endsWith('.'), code);
    }
  });
});

describe('error table', () => {
  const rows = Object.entries(ERRORS);

  it('states when to come back for every 503', () => {
    const silent = rows.filter(([, { status, retryAfterS }]) => status === 503 && retryAfterS === undefined);
    assert.deepEqual(silent, []);
  });

  it('lets no code be final and tried again', () => {
    assert.deepEqual(
      rows.filter(([, { isFinal, refusesForm, retry }]) => (isFinal || refusesForm) && retry !== undefined),
      [],
    );
  });

  it('decides for every code about WhatsApp with which a send can end whether the message fails', () => {
    const open = rows.filter(
      ([, { isAboutWhatsApp, isFinal, retry }]) => isAboutWhatsApp && !isFinal && !retry,
    );
    // These answer other calls than a send.
    assert.deepEqual(
      open.map(([code]) => code),
      ['qr_unavailable', 'already_linked', 'passkey_unavailable', 'passkey_refused'],
    );
  });
});
