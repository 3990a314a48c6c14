import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http';

export const LONG_BYTES = 48 * 1024 * 1024;
const CHUNK = Buffer.alloc(64 * 1024, 'x');
const ELSEWHERE = '/api/elsewhere';

export interface LongTarget {
  write(chunk: Buffer): boolean;
  once(event: 'drain', listener: () => void): unknown;
  end(): unknown;
}

/** Writes `LONG_BYTES` as fast as the target takes them, and ends it. */
export function writeLong(target: LongTarget, onWritten: (bytes: number) => void): void {
  let left = LONG_BYTES;
  const writeSome = (): void => {
    while (left > 0) {
      left -= CHUNK.length;
      onWritten(CHUNK.length);
      if (!target.write(CHUNK)) {
        target.once('drain', writeSome);
        return;
      }
    }
    target.end();
  };
  writeSome();
}

/** Passes far more bytes than an exchange without backpressure would need for all of its own, both ways, as fast as it goes. */
export async function passElsewhere(port: number): Promise<void> {
  const request = httpRequest({
    port,
    host: '127.0.0.1',
    path: ELSEWHERE,
    method: 'POST',
    headers: { 'content-length': LONG_BYTES },
  });
  writeLong(request, () => undefined);
  const [response]: IncomingMessage[] = await once(request, 'response');
  response?.resume();
  if (response !== undefined) await once(response, 'end');
}

/** A service that takes and gives on `ELSEWHERE`, and else answers as the test says. */
export function beside(listener: RequestListener): RequestListener {
  return (request, response) => {
    if (request.url !== ELSEWHERE) listener(request, response);
    else request.resume().on('end', () => writeLong(response, () => undefined));
  };
}
