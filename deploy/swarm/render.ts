import type { Platform, RenderedFile, RenderInput } from '../platform.ts';
import { composeVariables, fromEnvironment } from '../rendering/container-environment.ts';
import {
  IMAGE_FOLDER,
  IMAGE_USER,
  MOST_PROCESSES,
  SHARED_MEMORY_MB,
  TMP_MB,
} from '../rendering/container-limits.ts';
import { fileHeader } from '../rendering/file-header.ts';
import { requireOneContainer } from '../rendering/one-container.ts';
import { graceSeconds, stopsTooShort } from '../rendering/stop-time.ts';
import { yamlText } from '../rendering/yaml-text.ts';
import { facts } from './facts.ts';

const FILE = 'deploy/rendered/swarm/stack.yaml';

/** Docker Swarm, by a stack file. */
export const swarm: Platform<'swarm'> = { name: 'swarm', facts, files: [FILE], render };

/** What Docker says when nobody has said it. */
const NODE_MISSING = 'the node that keeps the volume';

const MEBIBYTE = 1024 ** 2;

function render(input: RenderInput): readonly RenderedFile[] {
  requireOneContainer('swarm', input, facts, stopsTooShort(input));
  const { deployment, config } = input;
  const { name, memoryMb, cpus } = deployment;
  const secret = `${name}_env`;
  // Two kits on one volume and one phone: the old one ends first, forwards and back.
  const replace = { parallelism: 1, order: 'stop-first', monitor: '60s' };
  const stack = {
    services: {
      kit: {
        image: fromEnvironment('GATEHOUSE_IMAGE', `${name}:latest`),
        user: `${IMAGE_USER}:${IMAGE_USER}`,
        read_only: true,
        cap_drop: ['ALL'],
        init: false,
        stop_grace_period: `${graceSeconds(input)}s`,
        // Straight to the node of the task: through the mesh every client would have an address of Swarm's own.
        ports: [{ target: config.ports.gate, published: 8080, protocol: 'tcp', mode: 'host' }],
        environment: {
          GATEHOUSE_PROFILE: config.profile,
          PORT: String(config.ports.gate),
          ...composeVariables(input),
        },
        secrets: [
          {
            source: secret,
            target: `${IMAGE_FOLDER}/.env`,
            uid: String(IMAGE_USER),
            gid: String(IMAGE_USER),
            mode: 0o400,
          },
        ],
        volumes: [
          { type: 'volume', source: 'data', target: config.dataDir },
          { type: 'tmpfs', target: '/tmp', tmpfs: { size: TMP_MB * MEBIBYTE } },
          { type: 'tmpfs', target: '/dev/shm', tmpfs: { size: SHARED_MEMORY_MB * MEBIBYTE } },
        ],
        logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '5' } },
        deploy: {
          replicas: 1,
          placement: { constraints: [`node.hostname == \${GATEHOUSE_NODE:?${NODE_MISSING}}`] },
          update_config: { ...replace, failure_action: 'rollback' },
          rollback_config: { ...replace, failure_action: 'pause' },
          restart_policy: { condition: 'any', delay: '2s' },
          resources: { limits: { memory: `${memoryMb}M`, cpus: String(cpus), pids: MOST_PROCESSES } },
        },
      },
    },
    volumes: { data: {} },
    secrets: { [secret]: { external: true } },
  };
  return [
    {
      path: FILE,
      text: `${fileHeader('#', input, notesOn(input, secret))}${yamlText(stack)}`,
    },
  ];
}

function notesOn({ deployment: { name, secrets } }: RenderInput, secret: string): string[] {
  return [
    `Before the first deploy: docker secret create ${secret} FILE, where FILE has one NAME=value a line: ${secrets.join(', ')}. The kit reads it as its .env (mode 256 is 0400). Then GATEHOUSE_IMAGE=… GATEHOUSE_NODE=… docker stack deploy -c ${FILE} ${name}.`,
    'A volume lies on one node, and two kits must not share it: an update is a pause of some seconds, stop first, then start. For updates without one use compose.yaml.',
    'Swarm has no no-new-privileges for services; the image runs as an unprivileged user without capabilities.',
  ];
}
