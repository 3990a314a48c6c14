import type { Platform, RenderedFile, RenderInput } from '../platform.ts';
import { containerEnvironment } from '../rendering/container-environment.ts';
import { fileHeader } from '../rendering/file-header.ts';
import { READY_PATH } from '../rendering/health-paths.ts';
import { requireOneContainer } from '../rendering/one-container.ts';
import { graceSeconds } from '../rendering/stop-time.ts';
import { facts, HEALTH_TIMEOUT_S, LEAST_VERSION, OLD_FILES_END } from './facts.ts';

const FILE = '.railway/railway.ts';

/** Railway, by its infrastructure as code in TypeScript. */
export const railway: Platform<'railway'> = { name: 'railway', facts, files: [FILE], render };

function render(input: RenderInput): readonly RenderedFile[] {
  requireOneContainer('railway', input, facts);
  const { deployment, config } = input;
  const { name, region, domain } = deployment;
  const port = config.ports.gate;
  const variables = [
    ...containerEnvironment(input),
    // One port for the kit, the health check and the domain, and none of the kit's inner ones.
    ['PORT', String(port)],
    ['RAILWAY_DEPLOYMENT_DRAINING_SECONDS', String(graceSeconds(input))],
    // Two bridges on one login throw each other out.
    ['RAILWAY_DEPLOYMENT_OVERLAP_SECONDS', '0'],
    // A volume belongs to root there, and the image's user could not write it.
    ['RAILWAY_RUN_UID', '0'],
  ].map(([key = '', value = '']) => `      ${propertyName(key)}: ${quote(value)},`);
  // RELEASE as well is set by each deploy, and not by this file.
  const secrets = ['RELEASE', ...deployment.secrets].map((secret) => `      ${secret}: preserve(),`);
  const text = [
    `import { defineRailway, preserve, project, service, volume } from 'railway/iac';`,
    '',
    'export default defineRailway(() => {',
    `  const data = volume(${quote(`${name}-data`)}, { ${region === undefined ? '' : `region: ${quote(region)}, `}sizeMB: ${deployment.volumeGb * 1_000} });`,
    '',
    `  const kit = service(${quote(name)}, {`,
    `    build: { builder: 'DOCKERFILE', dockerfilePath: 'Dockerfile' },`,
    `    healthcheck: ${quote(READY_PATH)},`,
    `    healthcheckTimeout: ${HEALTH_TIMEOUT_S},`,
    `    replicas: ${region === undefined ? '1' : `{ ${propertyName(region)}: 1 }`},`,
    `    deploy: { restartPolicyType: 'ALWAYS', sleepApplication: false },`,
    ...(domain === undefined ? [] : [`    domains: [{ domain: ${quote(domain)}, port: ${port} }],`]),
    `    volumeMounts: { ${quote(config.dataDir)}: data },`,
    '    env: {',
    ...variables,
    ...secrets,
    '    },',
    '  });',
    '',
    `  return project(${quote(name)}, { resources: [kit, data] });`,
    '});',
    '',
  ].join('\n');
  return [{ path: FILE, text: fileHeader('//', input, notesOn(input)) + text }];
}

function notesOn({ deployment }: RenderInput): string[] {
  return [
    `Railway's configuration in TypeScript is experimental. It wants the command line ${LEAST_VERSION.join('.')} or later, and stands for railway.json and railway.toml, which are read only until ${OLD_FILES_END}; keep neither beside it.`,
    `At first: railway config apply, then railway variable set ${deployment.secrets.map((secret) => `${secret}=…`).join(' ')}, then railway up.`,
    'A volume means one instance, and a pause of some seconds at every deploy: the old one ends before the new one starts.',
  ];
}

function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name);
}

/** A string literal as the formatter of this repository writes it. */
function quote(text: string): string {
  const json = JSON.stringify(text);
  return text.includes("'") ? json : `'${json.slice(1, -1).replaceAll('\\"', '"')}'`;
}
