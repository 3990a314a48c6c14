import { tmpdir } from 'node:os';
import { loadConfig } from '../../../config/index.ts';
import { gateOptionsFromConfig } from '../../../services/gate/contract/gate-options-from-config.ts';
import { createLog } from '../../../services/runtime/log.ts';
import { readHealth } from '../../../services/supervisor/health.ts';
import { Service } from '../../../services/supervisor/processes/service.ts';
import { planServices } from '../../../services/supervisor/processes/service-plan.ts';

// A program: writes, as JSON, what the kit that it lies in makes of each service.
const configOf = (GATE: string) =>
  loadConfig({ env: { GATE, NGINX_PATH: process.execPath }, folder: tmpdir() }).config;
const log = createLog('test', 'silent');
const config = configOf('node');
const plans = planServices(config, 'run');
const services = plans.map(
  (plan) =>
    new Service(plan, {
      onOutput: () => undefined,
      onOutputEnd: () => undefined,
      onFailed: () => undefined,
      isKitStopping: () => false,
      log,
    }),
);

process.stdout.write(
  JSON.stringify({
    ports: config.ports,
    routes: Object.fromEntries(
      ['node', 'nginx'].map((kind) => [kind, gateOptionsFromConfig(configOf(kind), log).routes]),
    ),
    plans: plans.map(({ declaration: { name, needs, readyPath }, file, args, origin }) => ({
      name,
      needs,
      readyPath,
      file,
      args,
      origin,
    })),
    health: Object.fromEntries(
      Object.entries((await readHealth(services)).services).map(([name, { state }]) => [name, { state }]),
    ),
  }),
);
