import type { Command } from '../shipping/command.ts';
import { type Ask, ShipError, type Shipment, type Step } from '../shipping/target.ts';
import { gcloud } from './gcloud.ts';
import { secretName } from './render.ts';

/** Sets in Secret Manager what differs from what is there. Throws ShipError for a secret that the rendered service does not read. */
export async function setSecrets(shipment: Shipment, there: readonly string[], ask: Ask): Promise<Step[]> {
  const steps: Step[] = [];
  for (const [variable, value] of Object.entries(shipment.secrets)) {
    const name = secretName(shipment.deployment.name, variable);
    if (!shipment.deployment.secrets.includes(variable))
      throw new ShipError(
        `${variable} is a secret that the rendered service does not read: name it in platforms.cloudrun.secrets in config/deployment.ts, and run make render`,
      );
    const isThere = there.includes(name);
    const known = isThere
      ? (await ask(gcloud('secrets', 'versions', 'access', 'latest', `--secret=${name}`), 'may-fail')).stdout
      : undefined;
    if (known === value) continue;
    const run = isThere
      ? gcloud('secrets', 'versions', 'add', name, '--data-file=-')
      : gcloud('secrets', 'create', name, '--replication-policy=automatic', '--data-file=-');
    steps.push({ title: `set the secret ${name}`, run: { ...run, input: value } });
  }
  return steps;
}

export function listSecrets(): Command {
  return gcloud('secrets', 'list', '--format=value(name)');
}
