import { Document, isMap } from 'yaml';
import type { Platform, RenderedFile, RenderInput } from '../platform.ts';
import { composeVariables, fromEnvironment } from '../rendering/container-environment.ts';
import { IMAGE_USER, MOST_PROCESSES, SHARED_MEMORY_MB, TMP_MB } from '../rendering/container-limits.ts';
import { fileHeader } from '../rendering/file-header.ts';
import { requireOneContainer } from '../rendering/one-container.ts';
import { graceSeconds, stopsTooShort } from '../rendering/stop-time.ts';
import { HAND_OVER_SYSCTL } from '../rendering/take-over.ts';
import { documentText, FOR_BOTH } from '../rendering/yaml-text.ts';
import { facts } from './facts.ts';

const FILE = 'compose.yaml';

/** A Docker host, by compose.yaml: the port, and the kit in two colours behind it. */
export const compose: Platform<'compose'> = { name: 'compose', facts, files: [FILE], render };

/** The least that a container may do; a service adds what it needs. */
const CONFINED = {
  user: `${IMAGE_USER}:${IMAGE_USER}`,
  read_only: true,
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  restart: 'unless-stopped',
  logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '5' } },
} as const;

/** For a process that sleeps. */
const PORT_MEMORY = '32m';

function render(input: RenderInput): readonly RenderedFile[] {
  requireOneContainer('compose', input, facts, stopsTooShort(input));
  const { deployment, config } = input;
  const { name, memoryMb, cpus } = deployment;
  const kit = {
    ...CONFINED,
    network_mode: 'service:port',
    depends_on: ['port'],
    env_file: [fromEnvironment('GATEHOUSE_ENV_FILE', '.env.deploy')],
    environment: {
      GATEHOUSE_PROFILE: config.profile,
      PORT: String(config.ports.gate),
      RELEASE: fromEnvironment('GATEHOUSE_RELEASE', ''),
      ...composeVariables(input),
    },
    // By which a deploy knows what it finds.
    labels: { 'gatehouse.release': fromEnvironment('GATEHOUSE_RELEASE', '') },
    volumes: [`data:${config.dataDir}`],
    tmpfs: [`/tmp:size=${TMP_MB}m,mode=1777`],
    shm_size: `${SHARED_MEMORY_MB}m`,
    mem_limit: `${memoryMb}m`,
    cpus,
    pids_limit: MOST_PROCESSES,
    stop_grace_period: `${graceSeconds(input)}s`,
    // The image brings its own: tini.
    init: false,
  };
  const port = {
    ...CONFINED,
    image: fromEnvironment('GATEHOUSE_PORT_IMAGE', `${name}-port`),
    ports: [
      `${fromEnvironment('GATEHOUSE_BIND', '0.0.0.0')}:${fromEnvironment('GATEHOUSE_PORT', '8080')}:${config.ports.gate}`,
    ],
    // A connection that waits to be accepted by a kit that ends goes to the one that has taken over.
    sysctls: { [HAND_OVER_SYSCTL]: '1' },
    mem_limit: PORT_MEMORY,
    pids_limit: 16,
  };
  const blue = { image: fromEnvironment('GATEHOUSE_BLUE_IMAGE', `${name}:latest`) };
  const green = { profiles: ['green'], image: fromEnvironment('GATEHOUSE_GREEN_IMAGE', `${name}:latest`) };
  const document = new Document(
    {
      name,
      'x-kit': kit,
      services: { port, blue: { '<<': null, ...blue }, green: { '<<': null, ...green } },
      volumes: { data: {} },
    },
    FOR_BOTH,
  );
  const anchored = document.get('x-kit', true);
  if (!isMap(anchored)) throw new Error('compose.yaml has lost its x-kit');
  for (const colour of ['blue', 'green'])
    document.setIn(['services', colour, '<<'], document.createAlias(anchored, 'kit'));
  return [{ path: FILE, text: `${fileHeader('#', input, notes)}${documentText(document)}` }];
}

const notes = [
  'Secrets stand in .env.deploy (or where GATEHOUSE_ENV_FILE says), one NAME=value a line, for its owner alone (chmod 600): API_KEYS, and what else config/deployment.ts names.',
  'docker compose up -d runs blue. A deploy starts the other colour beside it, which takes over the port, the data and the phone, and then stops the first: no connection is lost. Only port is published, and it holds the network of both: restart it, and the running colour must be restarted too.',
];
