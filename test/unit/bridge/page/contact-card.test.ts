import assert from 'node:assert/strict';
import fc from 'fast-check';
import { contactCard } from '../../../../services/bridge/page/contact-card.ts';

describe('bridge, a contact card', () => {
  it('is a vCard 3.0 with the name and the number', () => {
    assert.equal(
      contactCard('Ada Lovelace', '15551234567'),
      [
        'BEGIN:VCARD',
        'VERSION:3.0',
        'N:;Ada Lovelace;;;',
        'FN:Ada Lovelace',
        'TEL;type=CELL;type=VOICE;waid=15551234567:+15551234567',
        'END:VCARD',
      ].join('\r\n'),
    );
  });

  it('holds any name, and nothing that a name pretends to be', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('A\r\nTEL:+1', 'B;C,D\\', '\rX', 'Y\nZ')), (name) => {
        const lines = contactCard(name, '15551234567').split('\r\n');
        assert.equal(lines.length, 6);
        assert.ok(!/[\r\n]/.test(lines.join('')));
        assert.equal(plain(lines[3]?.slice('FN:'.length) ?? ''), name.replace(/\r\n|\r/g, '\n'));
        assert.equal(lines[2], `N:;${lines[3]?.slice('FN:'.length)};;;`);
      }),
    );
  });
});

function plain(text: string): string {
  return text.replace(/\\(.)/g, (_all, mark: string) => (mark === 'n' ? '\n' : mark));
}
