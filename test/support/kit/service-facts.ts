import { tmpdir } from 'node:os';
import { makeFiles } from '../../../cli/generated-files.ts';
import { explainConfig, loadConfig } from '../../../config/index.ts';
import { gateOptionsFromConfig } from '../../../services/gate/contract/gate-options-from-config.ts';
import { createLog } from '../../../services/runtime/log.ts';
import { readHealth } from '../../../services/supervisor/health.ts';
import { Service } from '../../../services/supervisor/processes/service.ts';
import { planServices } from '../../../services/supervisor/processes/service-plan.ts';

// A test loads this module from a copy of the kit, whose topology it has changed: see kit-copy.ts.

export { makeFiles };

/** What the kit that this module is part of makes of each service. */
export const facts = await readFacts();

async function readFacts() {
  const load = (GATE: string, commandLine: Record<string, string> = {}) =>
    loadConfig({ env: { GATE, NGINX_PATH: process.execPath }, folder: tmpdir(), commandLine });
  const log = createLog('test', 'silent');
  const { config } = load('node');
  const plans = planServices(config, 'run');
  const hooks = {
    onOutput: () => undefined,
    onOutputEnd: () => undefined,
    onFailed: () => undefined,
    isKitStopping: () => false,
    log,
  };
  const { services } = await readHealth(plans.map((plan) => new Service(plan, hooks)));
  return {
    ports: { ...config.ports },
    settings: explainConfig(load('node')).map(({ variable, value, origin }) => ({ variable, value, origin })),
    routes: Object.fromEntries(
      ['node', 'nginx'].map((kind) => [kind, gateOptionsFromConfig(load(kind).config, log).routes]),
    ),
    plans: plans.map(({ declaration: { name, needs, readyPath }, file, args, origin }) => ({
      name,
      needs,
      readyPath,
      file,
      args,
      origin,
    })),
    health: Object.fromEntries(Object.entries(services).map(([name, { state }]) => [name, { state }])),
  };
}
