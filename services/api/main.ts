import { runService } from '../runtime/run-service.ts';
import { startApi } from './api.ts';

await runService('api', async ({ config, log }) => {
  const { ports, internal, session } = config;
  const api = await startApi({
    host: internal.host,
    port: ports.api,
    secret: internal.secret,
    apiKeys: config.apiKeys,
    maxBodyBytes: config.gate.maxBodyBytes,
    bridge: {
      host: internal.bridgeHost,
      port: ports.bridge,
      sendTimeoutMs: session.sendTimeoutMs + session.sendWaitMs,
      callTimeoutMs: session.callTimeoutMs,
    },
    log,
  });
  log.info({ port: api.port }, `api listening on port ${api.port}`);
  return api;
});
