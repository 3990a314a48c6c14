import assert from 'node:assert/strict';
import {
  asUserWidOrThrow,
  createWid,
  createWidFromWidLike,
} from '../../../../services/sandbox/web/objects/ids.ts';
import { LidPnCache } from '../../../../services/sandbox/web/people/lid-pn-cache.ts';

describe('ids of the stand-in', () => {
  const valid = ['15551234567@c.us', '123456789012345@lid', '120363000000000001@g.us', 'status@broadcast'];
  for (const text of valid) it(`take ${text}`, () => assert.equal(String(createWid(text)), text));

  const invalid = ['0123@c.us', '1234567890123456@lid', 'alice@c.us', '15551234567', '15551234567@example'];
  for (const text of invalid)
    it(`refuse ${text}`, () => assert.throws(() => createWid(text), /wid error: invalid wid/));

  it('are one object for each text, and a text in JSON', () => {
    const wid = createWid('15551234567@s.whatsapp.net');
    assert.equal(wid, createWid('15551234567@c.us'));
    assert.equal(JSON.stringify({ wid }), '{"wid":"15551234567@c.us"}');
  });

  it('are made from texts only, or from what has a text', () => {
    const like = { _serialized: '15551234567@c.us' };
    assert.throws(() => createWid(like), /createWid: expected string, got object/);
    assert.equal(String(createWidFromWidLike(like)), like._serialized);
  });

  it('name a device, which users lack', () => {
    const device = createWid('15551234567:12@c.us');
    assert.equal(device.device, 12);
    assert.equal(String(asUserWidOrThrow(device)), '15551234567@c.us');
    assert.throws(() => asUserWidOrThrow(createWid('120363000000000001@g.us')), /not a user wid/);
  });
});

describe('pairs of LID and number that a page has learned', () => {
  const [number, lid] = [createWid('15551234567@c.us'), createWid('123456789012345@lid')];
  const cache = new LidPnCache();

  it('are unknown at first', () => {
    assert.equal(cache.getCurrentLid(number), undefined);
    assert.equal(cache.getPhoneNumber(lid), undefined);
  });

  it('are known in both directions once they are learned', () => {
    cache.add(lid, { phoneNumber: number });
    assert.equal(cache.getCurrentLid(number), lid);
    assert.equal(cache.getPhoneNumber(lid), number);
  });

  it('give a LID for itself, and throw when the number of a number is asked for', () => {
    assert.equal(cache.getCurrentLid(lid), lid);
    assert.throws(() => cache.getPhoneNumber(number), /WaWebLidPnCache - Invalid get call \(not lid\)/);
  });
});
