import { runService } from '../runtime/run-service.ts';
import { optionsFrom } from './from-config.ts';
import { startGate } from './server.ts';

await runService('gate', async ({ config, log }) => {
  const gate = await startGate(optionsFrom(config, log));
  return { close: (graceMs) => gate.drain(graceMs) };
});
