import { type Platform, Refusal, type RenderedFile, type RenderInput } from '../platform.ts';
import { declarationFaults } from '../rendering/declaration-faults.ts';
import { comment, madeFrom } from '../rendering/file-header.ts';
import { facts } from './facts.ts';

const FILE = 'deploy/rendered/nginx/gatehouse.conf';

/** An nginx of the host in front of the kit, for TLS: a file for its conf.d. */
export const nginx: Platform<'nginx'> = { name: 'nginx', facts, files: [FILE], render };

/** The gate's own margin above the limit of the api, so that it is the api that says what was too large. */
const BODY_MARGIN_BYTES = 1024 ** 2;
/** A stream of events is pinged each 25 s, a WebSocket each 30 s. */
const SILENCE_S = 300;

function render(input: RenderInput): readonly RenderedFile[] {
  const { deployment, config } = input;
  const { name, domain = '_' } = deployment;
  const faults = declarationFaults(input, facts);
  if (faults.length > 0) throw new Refusal('nginx', faults);
  const bodyBytes = Math.max(config.gate.maxBodyBytes, config.outbox.mediaMaxBytes + BODY_MARGIN_BYTES);
  const waitS = Math.ceil(Math.max(config.gate.upstreamTimeoutMs / 1_000 + 10, SILENCE_S));
  const text = `${comment('#', [madeFrom, ...notesOn(name)])}
# What the client asks to switch to; else the connection to the kit is kept.
map $http_upgrade $gatehouse_connection {
  default upgrade;
  ''      '';
}

upstream gatehouse {
  server 127.0.0.1:${config.ports.gate} max_fails=0;
  keepalive 64;
  # Given up before the kit does, after 95 s.
  keepalive_timeout 60s;
}

server {
  listen 80;
  listen [::]:80;
  server_name ${domain};
  # For those who prove by a file that the name is theirs (ACME).
  location /.well-known/acme-challenge/ {
    root /var/www/html;
  }
  location / {
    return 308 https://$host$request_uri;
  }
}

server {
  listen 443 ssl http2;
  listen [::]:443 ssl http2;
  server_name ${domain};

  ssl_certificate ${name}/fullchain.pem;
  ssl_certificate_key ${name}/privkey.pem;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:gatehouse:1m;
  ssl_session_timeout 1d;
  ssl_session_tickets off;

  # The kit has limits of its own, and says which was met.
  client_max_body_size ${bodyBytes};
  client_body_timeout ${Math.ceil(config.gate.idleTimeoutMs / 1_000)}s;
  large_client_header_buffers 4 ${Math.ceil(config.gate.maxHeaderBytes / 1024)}k;

  location / {
    proxy_pass http://gatehouse;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Connection $gatehouse_connection;
    proxy_set_header Upgrade $http_upgrade;
    # Made anew: the kit believes one proxy, this one, and what a client claims must not come first.
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Port $server_port;
    proxy_set_header X-Request-Id $request_id;
    proxy_set_header Forwarded '';
    # Events and uploads pass as they come, both ways.
    proxy_buffering off;
    proxy_request_buffering off;
    proxy_read_timeout ${waitS}s;
    proxy_send_timeout ${waitS}s;
    # What failed may have been sent: it is for the client to repeat, and for the kit to say so.
    proxy_next_upstream off;
  }
}
`;
  return [{ path: FILE, text }];
}

function notesOn(name: string): string[] {
  return [
    `To /etc/nginx/conf.d of an nginx on the same machine as the kit. In the kit's own settings: TRUSTED_PROXY_HOPS=1, or the address of every client is 127.0.0.1; and GATE_HOST=127.0.0.1, or it is reached beside this nginx too (with compose.yaml: GATEHOUSE_BIND=127.0.0.1).`,
    `The certificate and its key: /etc/nginx/${name}/fullchain.pem and privkey.pem, or links there.`,
  ];
}
