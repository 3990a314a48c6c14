import { request } from 'node:http';
import { fly } from '../../../../deploy/fly/render.ts';
import type { Platform } from '../../../../deploy/platform.ts';
import { railway } from '../../../../deploy/railway/render.ts';
import { LIVE_PATH, READY_PATH } from '../../../../deploy/rendering/health-paths.ts';
import { standIns } from '../../../../deploy/rendering/render-input.ts';
import { inputFor, platformVariables, renderedEnvironment } from './support.ts';

export interface PlatformProbe {
  readonly platform: Platform;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** How platforms probe the kit: plain HTTP, another Host, no key. */
export const probes: readonly [PlatformProbe, ...PlatformProbe[]] = [
  { platform: railway, path: READY_PATH, headers: { host: 'healthcheck.railway.app' } },
  { platform: fly, path: LIVE_PATH, headers: { host: '172.19.0.2:8080', 'x-forwarded-proto': 'https' } },
];

/** The status that a probe gets. */
export function probe(origin: string, { path, headers }: PlatformProbe): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, origin), { headers }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode));
    });
    asked.once('error', reject).end();
  });
}

/** What the kit finds in its environment there, apart from the port of the machine. */
export function environmentOn(platform: Platform): Record<string, string> {
  const input = inputFor(platform);
  const { PORT: _port, ...env } = {
    ...platformVariables(platform),
    ...renderedEnvironment(platform, input),
    ...standIns(input.deployment.secrets),
  };
  return env;
}
