import { onPortsMoved } from '../runtime/process/ports-message.ts';
import { runService } from '../runtime/process/run-service.ts';
import { tellClosed } from '../runtime/process/stop-request.ts';
import { optionsFrom } from './contract/from-config.ts';
import { startGate } from './gate.ts';

await runService('gate', async ({ config, log }) => {
  const options = optionsFrom(config, log);
  // The other gate is loaded only where it is asked for.
  const gate =
    config.gate.kind === 'nginx'
      ? await (await import('../../nginx/from-config.ts')).startConfiguredNginx(config, options)
      : await startGate(options);
  onPortsMoved((ports) => gate.follow(optionsFrom({ ...config, ports }, log).routes));
  return { close: (graceMs) => gate.drain(graceMs, tellClosed) };
});
