import type { Platform, PlatformFacts, RenderedFile, RenderInput } from '../platform.ts';
import { containerEnvironment } from '../rendering/container-environment.ts';
import { fileHeader } from '../rendering/file-header.ts';
import { LIVE_PATH } from '../rendering/health-paths.ts';
import { demandOneContainer } from '../rendering/one-container.ts';
import { yamlText } from '../rendering/yaml-text.ts';

const FILE = 'render.yaml';

const facts: PlatformFacts = {
  title: 'Render',
  profile: 'render',
  port: 'injected',
  bootLimitMs: 15 * 60_000,
  health: '2xx or 3xx within 5 s; 15 s of failures unroute, 60 s restart',
  stopSignal: 'SIGTERM',
  mostStopGraceMs: 300_000,
  disk: 'volume',
  overlap: 'unless-volume',
  reservedVariables: /^RENDER(_|$)/,
  sleeps: 'the free plan: after 15 minutes without requests',
  reservedPorts: [18_012, 18_013, 19_099],
  sets: `\`PORT\`, \`maxShutdownDelaySeconds\`, health \`${LIVE_PATH}\`, disk, one instance, a paid plan, no previews, no deploy without being told`,
  sources: [
    'render.com/docs: blueprint-spec, health-checks, disks, web-services, read 2026-11',
    'github.com/render-oss/skills 3f2aa30, 2026-08-18',
  ],
};

/** What Render sells, smallest first; the free one sleeps, and has no disk. */
const PLANS = [
  { plan: 'starter', memoryMb: 512, cpus: 0.5 },
  { plan: 'standard', memoryMb: 2_048, cpus: 1 },
  { plan: 'pro', memoryMb: 4_096, cpus: 2 },
  { plan: 'pro plus', memoryMb: 8_192, cpus: 4 },
  { plan: 'pro max', memoryMb: 16_384, cpus: 4 },
  { plan: 'pro ultra', memoryMb: 32_768, cpus: 8 },
] as const;

/** Paths that a disk must not be mounted on. Source: render.com/docs/disks. */
const FORBIDDEN_MOUNTS = [
  '/',
  '/opt',
  '/opt/render',
  '/opt/render/project',
  '/opt/render/project/src',
  '/etc',
  '/home',
];

/** Render, by its Blueprint. */
export const renderCom: Platform<'render'> = { name: 'render', facts, files: [FILE], render };

function render(input: RenderInput): readonly RenderedFile[] {
  const { deployment, config } = input;
  const { name, domain, region, memoryMb, cpus } = deployment;
  const bought = PLANS.find((plan) => plan.memoryMb >= memoryMb && plan.cpus >= cpus);
  demandOneContainer('render', input, facts, [
    ...(FORBIDDEN_MOUNTS.includes(config.dataDir)
      ? [`DATA_DIR=${config.dataDir} is a path that Render mounts no disk on: set another, such as /data`]
      : []),
    ...(bought === undefined
      ? [`no plan has ${memoryMb} MB and ${cpus} CPUs: lower memoryMb or cpus in config/deployment.ts`]
      : []),
  ]);
  const blueprint = {
    previews: { generation: 'off' },
    services: [
      {
        type: 'web',
        name,
        runtime: 'docker',
        plan: bought?.plan,
        ...(region === undefined ? {} : { region }),
        dockerfilePath: './Dockerfile',
        dockerContext: '.',
        numInstances: 1,
        autoDeployTrigger: 'off',
        healthCheckPath: LIVE_PATH,
        maxShutdownDelaySeconds: Math.ceil(config.stop.graceMs / 1_000),
        ...(domain === undefined ? {} : { domains: [domain] }),
        disk: { name: `${name}-data`, mountPath: config.dataDir, sizeGB: deployment.volumeGb },
        envVars: [
          // Else it is 10000, whatever the kit's inner ports are.
          { key: 'PORT', value: String(config.ports.gate) },
          ...containerEnvironment(input).map(([key, value]) => ({ key, value })),
          ...deployment.secrets.map((key) => ({ key, sync: false })),
        ],
      },
    ],
  };
  return [
    {
      path: FILE,
      text: fileHeader('#', input, notes) + yamlText(blueprint),
    },
  ];
}

const notes = [
  'Render asks for what has "sync: false" when the Blueprint is created, and keeps it.',
  'A disk means one instance, and a pause at every deploy: the old one ends before the new one starts. So a push deploys nothing by itself (autoDeployTrigger), and there are no previews, which would be second bridges.',
];
