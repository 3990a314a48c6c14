import type { IncomingHttpHeaders } from 'node:http';
import { readSandboxPage } from '#config';
import { KitError } from '../contract/errors.ts';
import { SECRET_HEADER } from '../contract/internal.ts';
import { findBrowser } from '../runtime/find-browser.ts';
import { ApiKeyRing } from '../runtime/http/api-key-ring.ts';
import { apiKeyCheck } from '../runtime/http/api-keys.ts';
import { secretTest } from '../runtime/http/internal-secret.ts';
import { runService } from '../runtime/process/run-service.ts';
import { startSandbox } from './sandbox.ts';
import { parsePolicy } from './web/policy.ts';
import { parseSettings } from './web/settings.ts';

await runService('sandbox', async ({ config, log }) => {
  const isSecret = secretTest(config.internal.secret);
  const demandApiKey = apiKeyCheck(new ApiKeyRing(config, log));
  const authorize = (headers: IncomingHttpHeaders): void => {
    const given = headers[SECRET_HEADER];
    if (typeof given !== 'string' || !isSecret(given)) {
      throw new KitError('secret_missing', 'the sandbox answers the gate alone');
    }
    demandApiKey(headers);
  };
  const page = readSandboxPage(config.sandbox.page);
  const sandbox = await startSandbox({
    host: config.internal.host,
    port: config.ports.sandbox,
    webPort: config.ports.sandboxWeb,
    dataDir: config.dataDir,
    browser: await findBrowser(config.session.browserPath),
    autoLink: config.sandbox.autoLink,
    policy: parsePolicy(page),
    settings: parseSettings(page),
    authorize,
    log,
  });
  log.info({ port: sandbox.port }, `sandbox listening on port ${sandbox.port}`);
  return sandbox;
});
