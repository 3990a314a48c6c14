import assert from 'node:assert/strict';
import { crc32, inflateSync } from 'node:zlib';
import { tinyPicture, tinyVoice } from '../../../../operate/rehearse/tiny-files.ts';

describe('the files that a rehearsal sends', () => {
  it('are a PNG whose parts are whole', () => {
    const file = tinyPicture(8);
    assert.equal(file.subarray(1, 4).toString(), 'PNG');
    const parts: string[] = [];
    for (let at = 8; at < file.length; ) {
      const length = file.readUInt32BE(at);
      const body = file.subarray(at + 4, at + 8 + length);
      const type = body.subarray(0, 4).toString();
      assert.equal(file.readUInt32BE(at + 8 + length), crc32(body), type);
      if (type === 'IDAT') assert.equal(inflateSync(body.subarray(4)).length, 8 * (1 + 8 * 3));
      parts.push(type);
      at += 12 + length;
    }
    assert.deepEqual(parts, ['IHDR', 'IDAT', 'IEND']);
  });

  it('and Opus in Ogg, in pages that begin, go on and end one stream', () => {
    const file = tinyVoice(5);
    const pages: { kind: number; packets: number; text: string }[] = [];
    for (let at = 0; at < file.length; ) {
      assert.equal(file.subarray(at, at + 4).toString(), 'OggS');
      const packets = file[at + 26] ?? 0;
      const sizes = [...file.subarray(at + 27, at + 27 + packets)];
      const from = at + 27 + packets;
      const length = sizes.reduce((sum, size) => sum + size, 0);
      const page = Buffer.from(file.subarray(at, from + length));
      const checksum = page.readUInt32LE(22);
      page.writeUInt32LE(0, 22);
      assert.equal(remainderOf(page), checksum);
      pages.push({
        kind: file[at + 5] ?? 0,
        packets,
        text: file.subarray(from, from + 8).toString('latin1'),
      });
      at = from + length;
    }
    assert.deepEqual(
      pages.map(({ kind, packets }) => [kind, packets]),
      [
        [2, 1],
        [0, 1],
        [4, 5],
      ],
    );
    assert.deepEqual(
      pages.slice(0, 2).map(({ text }) => text),
      ['OpusHead', 'OpusTags'],
    );
  });
});

/** By long division with big integers, unlike the code that is tested. Source: RFC 3533 §6, field 7. */
function remainderOf(bytes: Buffer): number {
  const polynomial = 0x104c11db7n;
  let rest = 0n;
  for (const byte of [...bytes, 0, 0, 0, 0]) {
    rest = (rest << 8n) | BigInt(byte);
    for (let bit = 39n; bit >= 32n; bit -= 1n) if ((rest >> bit) & 1n) rest ^= polynomial << (bit - 32n);
  }
  return Number(rest);
}
