import assert from 'node:assert/strict';
import { judgeSession } from '../../../../operate/doctor/checks/whatsapp.ts';
import { sessionStateSchema } from '../../../../services/contract/events.ts';

describe('doctor, of the session of WhatsApp', () => {
  it('has a cause and a remedy for each state in which nothing goes out', () => {
    for (const state of sessionStateSchema.options.filter((name) => name !== 'ready')) {
      const [finding] = judgeSession({ state, whatsapp_ready: false });
      assert.ok(finding !== undefined && finding.severity !== 'good', state);
      assert.doesNotMatch(JSON.stringify(finding), /the bridge is not there/, state);
    }
  });

  it('says what to do about a passkey', () => {
    const found = judgeSession({ state: 'passkey', reason: 'as told', whatsapp_ready: false });
    assert.match(JSON.stringify(found), /state passkey: as told.*asks for the passkey.*gatehouse passkey/);
  });

  it('blames nobody for a browser that has ended: the reason says who it was', () => {
    const reason = 'WhatsApp does not support this browser; update Chromium';
    const found = JSON.stringify(judgeSession({ state: 'disconnected', reason, whatsapp_ready: false }));
    assert.match(found, /update Chromium.*for the reason above/);
  });
});
