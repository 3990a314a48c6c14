import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../support/kit/kit.ts';
import { type ServerPlan, ServerProcess } from './process.ts';

/** About what a status or a message of the kit is as JSON. */
const SMALL_BODY = JSON.stringify({
  id: 'snd_01J9Z3V5W7X9Y1Z3A5B7C9D1E3',
  status: 'sent',
  chat_id: '15551234567@c.us',
  whatsapp_id: 'true_15551234567@c.us_3EB0C767D097B7C5A5F1',
  created_at: '2026-01-01T00:00:00.000Z',
  ack: 2,
});

/** Many more than a load has: no contestant is to lose connections to the other side's housekeeping. */
const MANY = 100_000_000;

export const LARGE_BYTES = 100 * 1024 ** 2;

/** Answers `/api/small` with 200 bytes of JSON from its configuration and `/api/large` with 100 MB from a file. */
export async function startBackend(folder: string): Promise<ServerProcess> {
  const { PORT: port } = await freePorts();
  const largeFile = join(folder, 'large.bin');
  if (!existsSync(largeFile)) writeFileSync(largeFile, Buffer.alloc(LARGE_BYTES, 'x'));
  return startNginx(port, folder, 'backend', '/api/small', [
    'access_log off;',
    'sendfile on;',
    'tcp_nopush on;',
    `keepalive_requests ${MANY};`,
    'server {',
    `  listen 127.0.0.1:${port} backlog=4096;`,
    `  location = /api/small { default_type application/json; return 200 '${SMALL_BODY}'; }`,
    `  location = /api/large { alias ${largeFile}; }`,
    '}',
  ]);
}

/**
 * The nginx that one writes by hand to put one port before one service: one worker, kept connections on both sides, no
 * files on the way, WebSockets, and a log line with the facts that the gate's has. No limits, no rules, no refusals.
 */
export async function startMinimalNginx(
  backendPort: number,
  folder: string,
  readyPath: string,
): Promise<ServerProcess> {
  const { PORT: port } = await freePorts();
  const line = {
    time: '$time_iso8601',
    method: '$request_method',
    path: '$request_uri',
    status: '$status',
    duration: '$request_time',
    bytes_in: '$request_length',
    bytes_out: '$body_bytes_sent',
    request_id: '$request_id',
    client: '$remote_addr',
    service: 'api',
  };
  return startNginx(port, folder, 'minimal nginx', readyPath, [
    `log_format line escape=json '${JSON.stringify(line)}';`,
    `access_log ${join(folder, `minimal-${port}.access.log`)} line;`,
    `keepalive_requests ${MANY};`,
    'client_max_body_size 0;',
    "map $http_upgrade $connection_value { default upgrade; '' ''; }",
    `upstream backend { server 127.0.0.1:${backendPort}; keepalive 128; keepalive_requests ${MANY}; }`,
    'server {',
    `  listen 127.0.0.1:${port} backlog=4096;`,
    '  location / {',
    '    proxy_pass http://backend;',
    '    proxy_http_version 1.1;',
    '    proxy_set_header Host $host;',
    '    proxy_set_header X-Forwarded-For $remote_addr;',
    '    proxy_set_header X-Request-Id $request_id;',
    '    proxy_set_header Upgrade $http_upgrade;',
    '    proxy_set_header Connection $connection_value;',
    '    proxy_request_buffering off;',
    '    proxy_max_temp_file_size 0;',
    '    proxy_read_timeout 1h;',
    '  }',
    '}',
  ]);
}

function startNginx(
  port: number,
  folder: string,
  name: string,
  readyPath: string,
  http: readonly string[],
): Promise<ServerProcess> {
  const home = join(folder, `nginx-${port}`);
  mkdirSync(home);
  const config = join(home, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${join(home, kind)};`,
  );
  const lines = [
    'daemon off;',
    'user root;', // The folder of the measurement is this user's alone.
    'worker_processes 1;',
    'error_log stderr error;',
    `pid ${join(home, 'nginx.pid')};`,
    'events { worker_connections 16384; }',
    'http {',
    ...temporary,
    ...http,
    '}',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const plan: ServerPlan = {
    name,
    port,
    file: 'nginx',
    args: ['-p', home, '-e', 'stderr', '-c', config],
    folder,
    readyPath,
  };
  return ServerProcess.start(plan);
}
