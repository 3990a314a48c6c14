import assert from 'node:assert/strict';
import { judgePage, type PageReport } from '../../../../operate/doctor/checks/page-compat.ts';
import { judgeOutbox } from '../../../../operate/doctor/checks/whatsapp.ts';

const OK = { capability: 'send_text', state: 'ok' as const, kinds: ['text'] };
const reportOf = (...rows: PageReport['capabilities']): PageReport => ({
  tested_at: '2030-01-01T00:00:00.000Z',
  page_version: '2.3000.1',
  capabilities: [OK, ...rows],
  held_messages: 3,
});

describe('doctor, of the page of WhatsApp', () => {
  it('is content with a page in which nothing is broken, and names the patches', () => {
    const [finding] = judgePage(reportOf({ capability: 'edit', state: 'patched', kinds: ['edit'] }));
    assert.equal(finding?.severity, 'good');
    assert.match(finding?.evidence.join() ?? '', /version 2\.3000\.1.*patched: edit/);
  });

  it('says nothing before the first test', () => {
    assert.deepEqual(judgePage({ capabilities: [] }), []);
  });

  it('has a finding with a remedy for each capability that is broken', () => {
    const findings = judgePage(
      reportOf(
        { capability: 'send_media', state: 'broken', reason: 'X cannot be required', kinds: ['media'] },
        { capability: 'passkey', state: 'broken', kinds: [] },
        { capability: 'acks', state: 'broken', kinds: [] },
      ),
    );
    assert.deepEqual(
      findings.map(({ severity }) => severity),
      ['error', 'warning', 'error'],
    );
    const [media, , acks] = findings;
    assert.match(
      media?.evidence.join() ?? '',
      /send_media is broken: X cannot be required.*held: media; 3 messages/,
    );
    assert.match(media?.remedy ?? '', /update the kit.*DELETE \/api\/whatsapp\/messages/);
    assert.match(acks?.cause ?? '', /cannot work/);
  });

  it('says of an outbox in which all messages are held what they wait for', () => {
    const old = new Date(Date.now() - 3_600_000).toISOString();
    const status = {
      state: 'ready',
      whatsapp_ready: true,
      outbox: { waiting: 3, held: 3, oldest_accepted_at: old },
    };
    const [finding] = judgeOutbox(status, Date.now());
    assert.deepEqual([finding?.severity, finding?.remedy?.includes('WhatsApp page')], ['warning', true]);
    const [stuck] = judgeOutbox({ ...status, outbox: { ...status.outbox, held: 2 } }, Date.now());
    assert.equal(stuck?.severity, 'error');
  });
});
