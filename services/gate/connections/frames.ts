/** Close, 1001 "going away", unmasked as a server sends it. Source: RFC 6455 §5.5.1, §7.4.1. */
export const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/** Ping, without content. Source: RFC 6455 §5.5.2. */
export const PING = Buffer.from([0x89, 0x00]);

const CLOSE_OPCODE = 0x8;
const MAX_HEADER_BYTES = 14;

/**
 * Follows a stream of WebSocket frames as far as to know where one ends: only there may the gate write one of its own.
 * Source: RFC 6455 §5.2.
 */
export class FrameFollower {
  readonly #header = Buffer.alloc(MAX_HEADER_BYTES);
  #headerBytes = 0;
  #payloadLeft = 0;
  /** The last frame that may be sent has begun. Source: RFC 6455 §5.5.1. */
  isClosing = false;

  get isBetweenFrames(): boolean {
    return this.#headerBytes === 0 && this.#payloadLeft === 0;
  }

  follow(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#payloadLeft > 0) {
        const step = Math.min(this.#payloadLeft, chunk.length - at);
        this.#payloadLeft -= step;
        at += step;
        continue;
      }
      this.#headerBytes += chunk.copy(this.#header, this.#headerBytes, at, at + 1);
      at += 1;
      if (this.#headerBytes < 2 || this.#headerBytes < this.#headerSize()) continue;
      this.#payloadLeft = this.#payloadSize();
      if ((this.#header.readUInt8(0) & 0x0f) === CLOSE_OPCODE) this.isClosing = true;
      this.#headerBytes = 0;
    }
  }

  #headerSize(): number {
    const second = this.#header.readUInt8(1);
    const maskBytes = second & 0x80 ? 4 : 0;
    return 2 + maskBytes + lengthBytes(second & 0x7f);
  }

  #payloadSize(): number {
    const short = this.#header.readUInt8(1) & 0x7f;
    if (short === 126) return this.#header.readUInt16BE(2);
    return short === 127 ? Number(this.#header.readBigUInt64BE(2)) : short;
  }
}

function lengthBytes(short: number): number {
  if (short === 126) return 2;
  return short === 127 ? 8 : 0;
}
