import { crc32, deflateSync } from 'node:zlib';

/** A picture of one colour, as PNG. Source: PNG 3rd edition, §5. */
export function tinyPicture(side = 64): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
  const row = Buffer.concat([Buffer.alloc(1), Buffer.alloc(3 * side, Buffer.from([18, 140, 126]))]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: side }, () => row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Silence of about a second, as Opus in Ogg: what a voice message is. Source: RFC 3533 §6, RFC 7845 §5. */
export function tinyVoice(frames = 50): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead');
  head.set([1, 1], 8); // version, one channel
  head.writeUInt16LE(312, 10);
  head.writeUInt32LE(48_000, 12);
  const tags = Buffer.alloc(16);
  tags.write('OpusTags');
  // A frame of 20 ms without sound (RFC 6716 §3.1).
  const sound = Array.from({ length: frames }, () => Buffer.from([0xf8, 0xff, 0xfe]));
  return Buffer.concat([
    oggPage([head], { kind: 2, granule: 0, number: 0 }),
    oggPage([tags], { kind: 0, granule: 0, number: 1 }),
    oggPage(sound, { kind: 4, granule: 960 * frames, number: 2 }),
  ]);
}

export function tinyDocument(): Buffer {
  return Buffer.from('A document that Gatehouse sends to itself in a rehearsal. It can be deleted.\n');
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** One page with one short packet a segment. `kind`: 2 begins the stream, 4 ends it. */
function oggPage(
  packets: readonly Buffer[],
  { kind, granule, number }: { kind: number; granule: number; number: number },
): Buffer {
  const page = Buffer.concat([
    Buffer.alloc(27),
    Buffer.from(packets.map(({ length }) => length)),
    ...packets,
  ]);
  page.write('OggS');
  page[5] = kind;
  page.writeBigUInt64LE(BigInt(granule), 6);
  page.writeUInt32LE(1, 14); // the stream
  page.writeUInt32LE(number, 18);
  page[26] = packets.length;
  page.writeUInt32LE(oggChecksum(page), 22);
  return page;
}

/** Not the CRC of zlib: Ogg's is not reflected. Source: RFC 3533 §6, field 7. */
function oggChecksum(page: Buffer): number {
  let sum = 0;
  for (const byte of page) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  }
  return sum >>> 0;
}
