import { exchangeRaw, parseResponse, RawClient, type RawResponse } from '../test-gate.ts';

export const METHODS = [
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'HEAD',
  'PROPFIND',
  'QUERY',
] as const;

export const FRAMINGS = ['Content-Length', 'chunked'] as const;

export type Framing = (typeof FRAMINGS)[number];

/** Names the request whose body is an attack. */
export const ATTACKER = '/greet/none';

/** A request whose body is a whole second request, which asks for `smuggled`. */
export function attackText(
  method: string,
  framing: Framing,
  smuggled: string,
): { head: string; body: string } {
  const second = `GET /greet/hello?name=${smuggled} HTTP/1.1\r\nHost: h\r\n\r\n`;
  const [header, body] =
    framing === 'chunked'
      ? ['Transfer-Encoding: chunked', `${second.length.toString(16)}\r\n${second}\r\n0\r\n\r\n`]
      : [`Content-Length: ${second.length}`, second];
  return { head: `${method} ${ATTACKER} HTTP/1.1\r\nHost: h\r\n${header}\r\n\r\n`, body };
}

/** Sends a request on a connection of its own and waits for the whole response. */
export async function exchange(port: number, text: string): Promise<RawResponse> {
  if (!text.startsWith('HEAD ')) return exchangeRaw(port, text);
  using client = new RawClient(port);
  return parseResponse(await client.send(text).until(/\r\n\r\n/));
}

/** What an innocent client gets who asks to be greeted. */
export async function greet(port: number, name: string): Promise<string> {
  const { body } = await exchange(port, `GET /greet/hello?name=${name} HTTP/1.1\r\nHost: h\r\n\r\n`);
  return body;
}
