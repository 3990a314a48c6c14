/**
 * Makes a connected client of undici report the reason phrase of each response as Latin-1 text, one character for each
 * byte, and returns whether it could. undici decodes the phrase as UTF-8, which loses every byte that is no UTF-8; it
 * keeps only the last part of a phrase that arrives in parts, and does not count it as a part of the head. Source:
 * `onStatus` in undici's `client-h1.js`. Where undici's parser is not as expected, the phrase stays as undici decodes it
 * (test/system/gate/private-parts.test.ts).
 */
export function keepReasonPhraseBytes(client: object, symbols = parserSymbols): boolean {
  const socket: unknown = Reflect.get(client, symbols.kSocket);
  const parser: unknown = isObject(socket) ? Reflect.get(socket, symbols.kParser) : undefined;
  if (!isParser(parser)) return false;
  parser.onStatus = (bytes) => {
    parser.statusText += bytes.toString('latin1');
    // Destroys the socket beyond `maxHeaderSize`.
    parser.trackHeader(bytes.length);
    return 0;
  };
  return true;
}

/** Returns the bytes of a reason phrase that undici has decoded as UTF-8, one character for each byte. */
export function phraseAsUtf8Bytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** The keys under which undici keeps the socket of a client and the parser of a socket; else keys that nothing has. */
const parserSymbols: ParserSymbols = await import('undici/lib/core/symbols.js').then(
  ({ default: symbols }) => symbols,
  () => ({ kSocket: Symbol('no socket'), kParser: Symbol('no parser') }),
);

interface ParserSymbols {
  readonly kSocket: symbol;
  readonly kParser: symbol;
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
    'onStatus' in value &&
    typeof value.onStatus === 'function' &&
    'trackHeader' in value &&
    typeof value.trackHeader === 'function'
  );
}
