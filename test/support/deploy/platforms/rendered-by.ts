import {
  type Deployment,
  deployment,
  type Loaded,
  loadConfig,
  type ServiceDeclaration,
  topology,
} from '#config';
import type { Platform } from '../../../../deploy/platform.ts';
import { renderInput, standIns } from '../../../../deploy/rendering/render-input.ts';

/** A service of somebody's own: not Node, one route, one entry of the topology. */
export const report: ServiceDeclaration = {
  name: 'report',
  command: ['python3', '-m', 'http.server', '9100'],
  port: { env: 'REPORT_PORT', default: 9_100, doc: 'Reports.' },
  exposure: 'routed',
  readyPath: '/ready',
  routes: [{ prefix: '/report' }],
  needs: ['gate'],
  critical: false,
  stopGraceMs: 5_000,
  kit: false,
};

/** The files of a platform by path, as its declarations make them. */
export function filesOf(
  platform: Platform,
  declared: Deployment = deployment,
  services: readonly ServiceDeclaration[] = topology,
): Map<string, string> {
  const files = platform.render({ ...renderInput(platform.facts, declared), services });
  return new Map(files.map(({ path, text }) => [path, text]));
}

/** One file of a platform, by the end of its path. */
export function fileOf(files: ReadonlyMap<string, string>, end: string): string {
  const found = [...files].find(([path]) => path.endsWith(end));
  if (found === undefined) throw new Error(`no file ends in ${end}: ${[...files.keys()].join(', ')}`);
  return found[1];
}

/** What the kit settles to with the variables of a rendered file, and secrets that are set where the platform keeps them. */
export function settle(variables: Readonly<Record<string, string>>, secrets = ['API_KEYS']): Loaded {
  return loadConfig({ env: { ...standIns(secrets), ...variables }, folder: '/' });
}
