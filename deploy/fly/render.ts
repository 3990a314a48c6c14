import { stringify } from 'smol-toml';
import type { Platform, RenderedFile, RenderInput } from '../platform.ts';
import { containerEnvironment } from '../rendering/container-environment.ts';
import { fileHeader } from '../rendering/file-header.ts';
import { LIVE_PATH } from '../rendering/health-paths.ts';
import { requireOneContainer } from '../rendering/one-container.ts';
import { graceSeconds } from '../rendering/stop-time.ts';
import { facts, MEMORY_STEP_MB, MOST_MB_PER_CPU, SHARED_CPUS } from './facts.ts';

const FILE = 'fly.toml';

/** Fly.io, by fly.toml. */
export const fly: Platform<'fly'> = { name: 'fly', facts, files: [FILE], render };

function render(input: RenderInput): readonly RenderedFile[] {
  const { deployment, config } = input;
  const { name, region } = deployment;
  const cpus = SHARED_CPUS.find(
    (count) => count >= deployment.cpus && count * MOST_MB_PER_CPU >= deployment.memoryMb,
  );
  requireOneContainer('fly', input, facts, [
    ...(cpus === undefined
      ? [`no shared Machine has ${deployment.memoryMb} MB and ${deployment.cpus} CPUs: lower them`]
      : []),
  ]);
  const file = {
    app: name,
    ...(region === undefined ? {} : { primary_region: region }),
    kill_signal: 'SIGTERM',
    kill_timeout: graceSeconds(input),
    // A volume of Fly's belongs to root.
    build: { dockerfile: 'Dockerfile', 'build-target': 'rooted' },
    // With a volume, one Machine is replaced in its place; canary and bluegreen would want a second one.
    deploy: { strategy: 'rolling', max_unavailable: 1, wait_timeout: '5m' },
    env: { PORT: String(config.ports.gate), ...Object.fromEntries(containerEnvironment(input)) },
    mounts: [
      {
        source: `${name.replaceAll('-', '_')}_data`,
        destination: config.dataDir,
        initial_size: `${deployment.volumeGb}gb`,
      },
    ],
    http_service: {
      internal_port: config.ports.gate,
      force_https: true,
      auto_stop_machines: 'off',
      auto_start_machines: true,
      min_machines_running: 1,
      // One Machine takes what the gate takes: there is no other to send it to.
      concurrency: {
        type: 'requests',
        soft_limit: config.gate.maxConnections,
        hard_limit: config.gate.maxConnections,
      },
      checks: [
        {
          method: 'GET',
          path: LIVE_PATH,
          // Fly counts a redirect as a failure; the header says that there is nothing to redirect.
          headers: { 'X-Forwarded-Proto': 'https' },
          grace_period: '15s',
          interval: '15s',
          timeout: '5s',
        },
      ],
    },
    restart: [{ policy: 'always' }],
    vm: [
      {
        cpu_kind: 'shared',
        cpus: cpus ?? 1,
        memory: `${Math.ceil(deployment.memoryMb / MEMORY_STEP_MB) * MEMORY_STEP_MB}mb`,
      },
    ],
  };
  return [{ path: FILE, text: `${fileHeader('#', input, notesOn(input))}${stringify(file)}` }];
}

function notesOn({ deployment }: RenderInput): string[] {
  return [
    `Before the first deploy: fly secrets set ${deployment.secrets.map((secret) => `${secret}=…`).join(' ')}. Then fly deploy --ha=false, since a second Machine would be a second bridge.`,
    'A volume lies on one host with its one Machine: a deploy is a pause of some seconds, and volumes are copied by nobody but you.',
  ];
}
