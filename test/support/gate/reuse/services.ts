import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startUpstream } from '../test-gate.ts';
import { startTcpService, type TcpService } from './tcp-service.ts';

const EXAMPLE = fileURLToPath(new URL('../../../../examples/python-service/server.py', import.meta.url));

export const hasPython = spawnSync('python3', ['--version']).status === 0;

/** A request anywhere in what came: chunk sizes before it are skipped. */
const REQUEST = /([A-Z]+) (\/\S*) HTTP\/1\.1\r\n(?:[^\r\n]+\r\n)*\r\n/;

/**
 * A service that reads no bodies: it takes what follows a head for the next request. It answers with the target, and
 * keeps each connection, whatever it is asked. It answers a target with `late` when the next request comes on that
 * connection, so that the answer always finds the next client.
 */
export function startDeafService(port = 0): Promise<TcpService> {
  return startTcpService((socket) => {
    let unread = '';
    let late = '';
    socket.on('data', (bytes) => {
      unread += bytes.toString('latin1');
      for (let match = REQUEST.exec(unread); match !== null; match = REQUEST.exec(unread)) {
        const [head, method, target = ''] = match;
        unread = unread.slice(match.index + head.length);
        const answer = `HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: ${target.length}\r\n\r\n${method === 'HEAD' ? '' : target}`;
        if (target.includes('late')) late += answer;
        else {
          socket.write(late + answer, 'latin1');
          late = '';
        }
      }
    });
  }, port);
}

/** A service that reads each body before it answers with the target. */
export function startReadingService(): Promise<TcpService> {
  return startUpstream((request, response) => {
    request.resume().on('end', () => response.end(request.url));
  });
}

/** The example of docs/own-services.md. */
export async function startPythonExample(): Promise<TcpService> {
  const child = spawn('python3', [EXAMPLE], {
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, 'line');
  return {
    host: '127.0.0.1',
    port: Number(/:(\d+)$/.exec(String(line))?.[1]),
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
