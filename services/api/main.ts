import { ApiKeyRing } from '../runtime/http/api-key-ring.ts';
import { runService } from '../runtime/process/run-service.ts';
import { startApi } from './api.ts';
import { databaseLookup } from './outbound/purposes.ts';

await runService('api', async ({ config, log }) => {
  const { ports, internal, session, store } = config;
  const isSandbox = config.whatsapp === 'sandbox';
  const api = await startApi({
    host: internal.host,
    port: ports.api,
    secret: internal.secret,
    apiKeys: new ApiKeyRing(config, log),
    maxBodyBytes: config.gate.maxBodyBytes,
    bridge: {
      host: internal.bridgeHost,
      port: ports.bridge,
      sendTimeoutMs: session.sendTimeoutMs + session.sendWaitMs,
      uploadTimeoutMs: session.uploadTimeoutMs,
      callTimeoutMs: session.callTimeoutMs,
    },
    session: session.name,
    sendWaitMs: session.sendWaitMs,
    // Each loads its library: only one is ever used.
    openStore: async () =>
      store.databaseUrl === ''
        ? (await import('./store/sqlite.ts')).openSqlite(store.folder, log)
        : (await import('./store/postgres.ts')).openPostgres(
            store.databaseUrl,
            isSandbox ? 'gatehouse_sandbox' : 'gatehouse',
            log,
            { lookup: databaseLookup() },
          ),
    store,
    outbox: config.outbox,
    pacing: {
      ...config.pacing,
      isOn: config.pacing.mode === 'on' || (config.pacing.mode === 'auto' && !isSandbox),
    },
    webhooks: config.webhooks,
    log,
  });
  log.info({ port: api.port }, `api listening on port ${api.port}`);
  return api;
});
