import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { WebSocket, WebSocketServer } from 'ws';
import { findNginx } from '#config';
import { nginx } from '../../../../deploy/nginx/render.ts';
import { fileOf, filesOf } from '../../../support/deploy/platforms/rendered-by.ts';
import { freePort } from '../../../support/free-port.ts';
import { echo, listenAsUpstream, route, startTestGate } from '../../../support/gate/test-gate.ts';
import { sayNotTested } from '../../../support/netns/say-what-lacks.ts';

const CONF = fileOf(filesOf(nginx), 'gatehouse.conf');

/** A running nginx with the rendered file in its conf.d, on ports of its own, before a kit on another. */
async function startNginx(binary: string, kitPort: number) {
  const [http, https] = [await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-front-'));
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }]);
  mkdirSync(join(folder, 'gatehouse'));
  writeFileSync(join(folder, 'gatehouse/fullchain.pem'), cert);
  writeFileSync(join(folder, 'gatehouse/privkey.pem'), key);
  const conf = CONF.replace('127.0.0.1:8080', `127.0.0.1:${kitPort}`)
    .replace(/^ *listen \[::\].*\n/gm, '')
    .replace('listen 80;', `listen 127.0.0.1:${http};`)
    .replace('listen 443 ', `listen 127.0.0.1:${https} `);
  writeFileSync(join(folder, 'gatehouse.conf'), conf);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    join(folder, 'nginx.conf'),
    `pid ${folder}/pid; error_log stderr; events {} http { access_log off; ${temporary
      .map((name) => `${name}_temp_path ${folder}/${name};`)
      .join(' ')} include ${folder}/gatehouse.conf; }\n`,
  );
  const args = ['-e', 'stderr', '-c', join(folder, 'nginx.conf'), '-g', 'daemon off; master_process off;'];
  const test = spawnSync(binary, ['-t', ...args], { encoding: 'utf8' });
  const child: ChildProcess = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return {
    http,
    https,
    test,
    said: () => said,
    async [Symbol.asyncDispose]() {
      const ended = child.exitCode !== null || new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

const call = (port: number, path: string, headers: Record<string, string> = {}, body?: Buffer) =>
  new Promise<{ status: number; text: string }>((resolve, reject) => {
    const options = {
      port,
      host: '127.0.0.1',
      path,
      headers,
      method: body ? 'POST' : 'GET',
      rejectUnauthorized: false,
    };
    const sent = request(options, (response: IncomingMessage) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });

const binary = findNginx(process.env.NGINX_PATH ?? '');
if (binary === undefined)
  describe('nginx in front of the kit', () =>
    sayNotTested('nginx in front', 'nginx is missing (apt-get install nginx-light)'));
else
  describe('nginx in front of the kit, running', () => {
    const resources = new AsyncDisposableStack();
    let front: Awaited<ReturnType<typeof startNginx>>;
    /** Sends the second event of the stream that is open, and ends it. */
    let finish = (): void => undefined;
    before(async () => {
      const server = createServer((request, response) => {
        if (request.url !== '/api/events') return void echo(request, response);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: first\n\n');
        finish = () => void response.end('data: last\n\n');
      });
      const sockets = new WebSocketServer({ server });
      sockets.on('connection', (socket) => socket.on('message', (text) => socket.send(`heard ${text}`)));
      const upstream = resources.use(await listenAsUpstream(server));
      const routes = [route(upstream), route(upstream, { prefix: '/ws', upgrade: true })];
      const gate = resources.use(await startTestGate(upstream, { routes, trustedProxyHops: 1 }));
      front = resources.use(await startNginx(binary, gate.port));
      await retry(() => call(front.https, '/nowhere'));
    });
    after(() => resources.disposeAsync());

    it('is taken by nginx without a warning, and a word that it does not know is not', () => {
      assert.equal(front.test.status, 0, front.test.stderr);
      assert.doesNotMatch(front.test.stderr, /\[warn\]/);
      const folder = mkdtempSync(join(tmpdir(), 'gatehouse-front-'));
      writeFileSync(join(folder, 'c'), CONF.replace('proxy_buffering', 'proxy_bufering'));
      writeFileSync(join(folder, 'nginx.conf'), `events {} http { include ${folder}/c; }\n`);
      const { status, stderr } = spawnSync(binary, ['-t', '-e', 'stderr', '-c', join(folder, 'nginx.conf')], {
        encoding: 'utf8',
      });
      rmSync(folder, { recursive: true });
      assert.notEqual(status, 0);
      assert.match(stderr, /unknown directive "proxy_bufering"/);
    });

    it('tells the kit who called and how, and nothing of what the client claims to be', async () => {
      const claims = {
        host: 'chat.example.org',
        'x-forwarded-for': '6.6.6.6',
        'x-forwarded-proto': 'http',
        forwarded: 'for=6.6.6.6',
      };
      const { status, text } = await call(front.https, '/api/x?y=1', claims);
      assert.equal(status, 200, text);
      const { headers, url } = JSON.parse(text);
      assert.deepEqual(
        [
          url,
          headers.host,
          headers['x-forwarded-for'],
          headers['x-forwarded-proto'],
          headers['x-forwarded-host'],
        ],
        // The gate adds whom it was called by: this nginx.
        ['/api/x?y=1', 'chat.example.org', '127.0.0.1, 127.0.0.1', 'https', 'chat.example.org'],
      );
      assert.doesNotMatch(text, /6\.6\.6\.6/);
    });

    it('sends plain HTTP to HTTPS, with its method and body', async () => {
      const { status, headers } = await fetch(`http://127.0.0.1:${front.http}/api/x?y=1`, {
        method: 'POST',
        redirect: 'manual',
      });
      assert.deepEqual([status, headers.get('location')], [308, 'https://127.0.0.1/api/x?y=1']);
    });

    it('passes a WebSocket, and each event as soon as it is sent', async () => {
      const socket = new WebSocket(`wss://127.0.0.1:${front.https}/ws`, { rejectUnauthorized: false });
      const heard = await new Promise((resolve, reject) => {
        socket.once('open', () => socket.send('hello'));
        socket.once('message', (text) => resolve(String(text)));
        socket.once('error', reject);
      });
      socket.terminate();
      assert.equal(heard, 'heard hello');
      // The stream ends only after its first event has come through: nothing waits for more.
      const text = await new Promise<string>((resolve, reject) => {
        const sent = request(
          { port: front.https, host: '127.0.0.1', path: '/api/events', rejectUnauthorized: false },
          (response) => {
            let all = '';
            response.setEncoding('utf8').on('data', (piece: string) => {
              all += piece;
              if (all.includes('first')) finish();
            });
            response.on('end', () => resolve(all));
          },
        );
        sent.on('error', reject);
        sent.end();
      });
      assert.match(text, /data: first\n\ndata: last/);
    });

    it('refuses a body that is too large for the kit before it is sent', async () => {
      const length = String(200 * 1024 ** 2);
      const headers = { 'content-length': length, expect: '100-continue' };
      const { status, text } = await call(front.https, '/api/x', headers, Buffer.alloc(0));
      assert.equal(status, 413);
      // The page of nginx, and not the problem document of the gate.
      assert.match(text, /<center>nginx/);
    });
  });

/** nginx opens its ports a moment after it is started. */
async function retry<T>(attempt: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + 10_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
