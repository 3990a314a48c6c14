import assert from 'node:assert/strict';
import { request } from 'node:http';
import { fly } from '../../../../deploy/fly/render.ts';
import { railway } from '../../../../deploy/railway/render.ts';
import { LIVE_PATH, READY_PATH } from '../../../../deploy/rendering/health-paths.ts';
import { standIns } from '../../../../deploy/rendering/render-input.ts';
import {
  inputFor,
  platformVariables,
  renderedEnvironment,
} from '../../../support/deploy/platforms/support.ts';
import { startKit } from '../../../support/kit/kit.ts';

/** The status of a GET as a platform's prober sends it: plain HTTP, another Host, no key. */
function probe(origin: string, path: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, origin), { headers }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode));
    });
    asked.once('error', reject).end();
  });
}

const probes = [
  { platform: railway, path: READY_PATH, headers: { host: 'healthcheck.railway.app' } },
  { platform: fly, path: LIVE_PATH, headers: { host: '172.19.0.2:8080', 'x-forwarded-proto': 'https' } },
] as const;

describe('the kit, started with the variables of a rendered file, without phone and network', () => {
  for (const { platform, path, headers } of probes) {
    it(`answers the probe of ${platform.facts.title} with 200`, async () => {
      const input = inputFor(platform);
      const rendered = renderedEnvironment(platform, input);
      const { PORT: _port, ...env } = {
        ...platformVariables(platform),
        ...rendered,
        ...standIns(input.deployment.secrets),
      };
      await using kit = await startKit({ args: ['start'], env });
      await kit.until('the probe is answered', async () => (await probe(kit.origin, path, headers)) === 200);
      assert.equal(await kit.stop('SIGTERM'), 0);
    });
  }
});
