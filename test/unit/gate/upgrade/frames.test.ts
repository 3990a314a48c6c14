import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FrameFollower } from '../../../../services/gate/connections/frames.ts';

const SEED = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);

describe('FrameFollower', () => {
  it(`is between frames exactly at their ends, however the bytes are cut (seed ${SEED})`, () => {
    const size = fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 70_000);
    const frame = fc.tuple(size, fc.boolean()).map(([bytes, isMasked]) => encodeFrame(bytes, isMasked));
    fc.assert(
      fc.property(
        fc.array(frame, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(200_000), { maxLength: 6 }),
        (frames, cuts) => {
          const stream = Buffer.concat(frames);
          const ends = new Set(
            frames.map((_, index) => frames.slice(0, index + 1).reduce((sum, { length }) => sum + length, 0)),
          );
          const marks = [...new Set([...cuts.map((cut) => cut % stream.length), ...ends])].sort(
            (a, b) => a - b,
          );
          const follower = new FrameFollower();
          let from = 0;
          for (const mark of marks) {
            follower.follow(stream.subarray(from, mark));
            from = mark;
            assert.equal(follower.isBetweenFrames, mark === 0 || ends.has(mark));
          }
        },
      ),
      { seed: SEED },
    );
  });

  it('knows when the last frame has begun, and takes no content for one', () => {
    const follower = new FrameFollower();
    follower.follow(Buffer.from([0x82, 4, 0x88, 2, 3, 0xe8]));
    follower.follow(Buffer.from([0x89, 0]));
    assert.equal(follower.isClosing, false);
    follower.follow(Buffer.from([0x88]));
    follower.follow(Buffer.from([2]));
    assert.equal(follower.isClosing, true);
  });
});

/** Source: RFC 6455 §5.2. */
function encodeFrame(bytes: number, isMasked: boolean): Buffer {
  const mask = isMasked ? 0x80 : 0;
  const header = Buffer.alloc(10);
  header[0] = 0x82;
  let headerBytes = 2;
  if (bytes < 126) {
    header[1] = mask | bytes;
  } else if (bytes < 65_536) {
    header[1] = mask | 126;
    header.writeUInt16BE(bytes, 2);
    headerBytes = 4;
  } else {
    header[1] = mask | 127;
    header.writeBigUInt64BE(BigInt(bytes), 2);
    headerBytes = 10;
  }
  return Buffer.concat([
    header.subarray(0, headerBytes),
    Buffer.alloc(isMasked ? 4 : 0),
    Buffer.alloc(bytes, 0xff),
  ]);
}
