import { onPortsMoved } from '../runtime/ports-message.ts';
import { runService } from '../runtime/run-service.ts';
import { tellClosed } from '../runtime/stop-request.ts';
import { optionsFrom } from './from-config.ts';
import { startGate } from './server.ts';

await runService('gate', async ({ config, log }) => {
  const options = optionsFrom(config, log);
  // The other gate is loaded only where it is asked for.
  const gate =
    config.gate.kind === 'nginx'
      ? await (await import('./nginx/from-config.ts')).startConfiguredNginx(config, options)
      : await startGate(options);
  onPortsMoved((ports) => gate.follow(optionsFrom({ ...config, ports }, log).routes));
  return { close: (graceMs) => gate.drain(graceMs, tellClosed) };
});
