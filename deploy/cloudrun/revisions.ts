import { z } from 'zod';
import { parseOutput } from '../shipping/command-output.ts';
import type { Ask, Shipment } from '../shipping/target.ts';
import { gcloud, inRegion } from './gcloud.ts';

export interface Revision {
  readonly revision: string;
  readonly release?: string;
}

/** The revision that has all the traffic; undefined before the first deploy. */
export async function findServing(shipment: Shipment, ask: Ask): Promise<Revision | undefined> {
  // A list, since it is answered also when the service is not there; without an answer nothing could be taken back.
  const outcome = await ask(
    gcloud(
      ...['run', 'services', 'list', ...inRegion(shipment)],
      ...[`--filter=metadata.name=${shipment.deployment.name}`, '--format=json'],
    ),
  );
  const services = parseOutput(statusSchema, outcome, 'gcloud run services list');
  const name = services?.[0]?.status?.traffic.find(({ percent }) => percent === 100)?.revisionName;
  if (name === undefined) return undefined;
  return (await listRevisions(shipment, ask)).find(({ revision }) => revision === name) ?? { revision: name };
}

/** The newest first. */
export async function listRevisions(shipment: Shipment, ask: Ask): Promise<Revision[]> {
  const outcome = await ask(
    gcloud(
      ...['run', 'revisions', 'list', '--service', shipment.deployment.name, ...inRegion(shipment)],
      ...['--sort-by=~metadata.creationTimestamp', '--format=json'],
    ),
  );
  const revisions = parseOutput(revisionsSchema, outcome, 'gcloud run revisions list') ?? [];
  return revisions.map(({ metadata, spec }) => {
    const release = spec.containers[0]?.env.find(({ name }) => name === 'RELEASE')?.value;
    return { revision: metadata.name, ...(release === undefined ? {} : { release }) };
  });
}

const environmentSchema = z.array(z.looseObject({ name: z.string(), value: z.string().optional() }));
const trafficSchema = z.looseObject({ revisionName: z.string().optional(), percent: z.number().optional() });
const statusSchema = z.array(
  z.looseObject({ status: z.looseObject({ traffic: z.array(trafficSchema).default([]) }).optional() }),
);
const revisionsSchema = z.array(
  z.looseObject({
    metadata: z.looseObject({ name: z.string() }),
    spec: z.looseObject({ containers: z.array(z.looseObject({ env: environmentSchema.default([]) })) }),
  }),
);
