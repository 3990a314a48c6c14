import { runService } from '../runtime/process/run-service.ts';
import { onPortsMoved, reportPressure, tellClosed } from '../runtime/process/supervisor-messages.ts';
import { gateOptionsFromConfig } from './contract/gate-options-from-config.ts';
import { startGate } from './gate.ts';

await runService('gate', async ({ config, log }) => {
  const options = gateOptionsFromConfig(config, log);
  // The other gate is loaded only where it is asked for.
  const gate =
    config.gate.kind === 'nginx'
      ? await (await import('../../nginx/start-from-config.ts')).startConfiguredNginx(config, options)
      : await startGate(options);
  reportPressure(() => gate.pressure?.() ?? []);
  onPortsMoved((ports) => gate.updateRoutes(gateOptionsFromConfig({ ...config, ports }, log).routes));
  return { close: (graceMs) => gate.drain(graceMs, tellClosed) };
});
