import { createServer, type IncomingMessage } from 'node:http';
import { posix } from 'node:path';
import { listenAsUpstream } from '../../support/gate/test-gate.ts';
import { BAD_REQUEST, type Backend, Ledger, LIMITS, PRIVATE_ZONES, PUBLIC_ZONES } from './seen.ts';

/**
 * A server written by hand that takes all it can get: Node's lenient parser, and a path that is cut at `?`, `#` and
 * `;`, decoded, freed of backslashes, merged, resolved and lower-cased before it is routed. WebSockets are welcome.
 */
export async function startLenientNode(): Promise<Backend> {
  const ledger = new Ledger();
  const enter = (request: IncomingMessage) => {
    const seen = ledger.enter(request);
    seen.resolved = resolvePath(seen.target);
    const [, first = ''] = seen.resolved.split('/');
    seen.zone = PUBLIC_ZONES.has(first) || PRIVATE_ZONES.some((zone) => zone === first) ? first : 'none';
    return seen;
  };
  const server = createServer(
    { ...LIMITS, insecureHTTPParser: true, requireHostHeader: false },
    (request, response) => {
      const seen = enter(request);
      request.once('end', () => {
        response.setHeader('x-saw', seen.caseId);
        response.end(`${seen.zone}\n`);
      });
    },
  );
  server.on('upgrade', (request, socket) => {
    const seen = enter(request);
    request.resume();
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Saw: ${seen.caseId}\r\n\r\n`,
    );
    socket.once('end', () => socket.end()).resume();
  });
  server.on('clientError', (error, socket) => {
    ledger.enterUnreadable(error);
    socket.end(BAD_REQUEST);
  });
  const upstream = await listenAsUpstream(server);
  return { ...upstream, name: 'lenient-node', collect: async () => ledger.collect() };
}

function resolvePath(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  const decoded = path
    .split('/')
    .map((segment) => decode(segment.replace(/;.*$/s, '')))
    .join('/')
    .replaceAll('\\', '/');
  return posix.normalize(`/${decoded}`.replace(/\/{2,}/g, '/')).toLowerCase();
}

/** Byte by byte, as what is no UTF-8 would throw. */
function decode(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_escape, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
