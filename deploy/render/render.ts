import type { Platform, RenderedFile, RenderInput } from '../platform.ts';
import { containerEnvironment } from '../rendering/container-environment.ts';
import { fileHeader } from '../rendering/file-header.ts';
import { LIVE_PATH } from '../rendering/health-paths.ts';
import { requireOneContainer } from '../rendering/one-container.ts';
import { graceSeconds } from '../rendering/stop-time.ts';
import { yamlText } from '../rendering/yaml-text.ts';
import { FORBIDDEN_MOUNTS, facts, PLANS } from './facts.ts';

const FILE = 'render.yaml';

/** Render, by its Blueprint. */
export const renderCom: Platform<'render'> = { name: 'render', facts, files: [FILE], render };

function render(input: RenderInput): readonly RenderedFile[] {
  const { deployment, config } = input;
  const { name, domain, region, memoryMb, cpus } = deployment;
  const bought = PLANS.find((plan) => plan.memoryMb >= memoryMb && plan.cpus >= cpus);
  requireOneContainer('render', input, facts, [
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
        maxShutdownDelaySeconds: graceSeconds(input),
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
