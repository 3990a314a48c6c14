import symbols from 'undici/lib/core/symbols.js';

/**
 * Makes a connected client of undici report the reason phrase of each response as Latin-1 text, one character per byte.
 * undici decodes the phrase as UTF-8, which loses every byte that is no UTF-8; it keeps only the last part of a phrase
 * that arrives in parts, and does not count it as a part of the head. Source: `onStatus` in undici's `client-h1.js`; the
 * version is pinned, and test/gate/responses/bytes.test.ts fails if an update changes this.
 */
export function keepPhraseBytes(client: object): void {
  const socket: unknown = Reflect.get(client, symbols.kSocket);
  const parser: unknown = isObject(socket) ? Reflect.get(socket, symbols.kParser) : undefined;
  if (!isParser(parser)) throw new Error('this version of undici has no parser with a reason phrase');
  parser.onStatus = (bytes) => {
    parser.statusText += bytes.toString('latin1');
    // Destroys the socket beyond `maxHeaderSize`.
    parser.trackHeader(bytes.length);
    return 0;
  };
}

interface Parser {
  statusText: string;
  onStatus(bytes: Buffer): number;
  trackHeader(length: number): void;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isParser(value: unknown): value is Parser {
  return (
    isObject(value) &&
    'statusText' in value &&
    typeof value.statusText === 'string' &&
    'trackHeader' in value &&
    typeof value.trackHeader === 'function'
  );
}
