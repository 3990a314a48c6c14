import { choiceOf } from '../rendering/render-input.ts';
import type { Command } from '../shipping/command.ts';
import type { Shipment } from '../shipping/target.ts';

export function gcloud(...words: string[]): Command {
  return { argv: ['gcloud', ...words] };
}

/** As declared, or as the registry's host names it; else gcloud's own default. */
export function inRegion(shipment: Shipment): string[] {
  const region =
    shipment.deployment.region ?? /^([a-z0-9-]+)-docker\.pkg\.dev\//.exec(repositoryOf(shipment))?.[1];
  return region === undefined ? [] : [`--region=${region}`];
}

/** Where the images lie, without tag. */
export function repositoryOf(shipment: Shipment): string {
  return choiceOf(shipment).image ?? shipment.deployment.name;
}
