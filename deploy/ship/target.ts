import type { Config, Deployment } from '#config';
import type { PlatformName } from '../platform.ts';
import type { Command, Outcome } from './command.ts';

/** What is shipped in one deploy. */
export interface Shipment {
  /** Its name, by which it is told from the one before. */
  readonly release: string;
  readonly deployment: Deployment;
  /** As the kit will settle there. */
  readonly config: Config;
  /** What was set for this deploy, by variable, secrets apart; what the rendered files say is not repeated. */
  readonly settings: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** An image that is there already; none: it is built. */
  readonly image?: string;
  /** Where the kit is reached from outside, where somebody said so. */
  readonly url?: string;
  /** A folder of the deploy's own, for its owner alone. */
  readonly folder: string;
}

/** One thing to do, and how to take it back. */
export interface Act {
  readonly does: string;
  readonly run: Command | Wait | Check;
  /** What takes it back, whether it has been done in whole, in part or not at all. */
  readonly undo?: readonly Act[];
}

/** A look that no program does; throws ShipError when it does not like what it sees. */
export type Check = () => Promise<void>;

/** Until a release answers at the public port. */
export interface Wait {
  /** `open`: its gate answers. `healthy`: so does its api, whatever WhatsApp's state. */
  readonly until: 'open' | 'healthy';
  /** Undefined: whichever answers. */
  readonly release?: string;
  readonly withinMs: number;
  readonly watch?: Watch;
}

/** Asked between two looks, lest a wait goes on for what has ended. */
export interface Watch {
  readonly command: Command;
  hasEnded(outcome: Outcome): boolean;
  /** Whose output says why. */
  readonly logs: Command;
}

export interface Plan {
  /** What is to run in the end. */
  readonly release: string;
  /** What runs now, if that is known. */
  readonly previous?: string;
  /** Before anything of what runs is touched. */
  readonly before: readonly Act[];
  readonly acts: readonly Act[];
  readonly url: string;
}

/** Asks a program for an answer; throws ShipError when it gives none. */
export type Ask = (command: Command) => Promise<Outcome>;

/** A place to deploy to. Its commands are made by pure functions; `plan` may ask for what runs there now. */
export interface Target {
  readonly name: PlatformName;
  /** What must be there and succeed before anything else, each with what to do where it does not. */
  readonly needs: readonly Need[];
  /** A first deploy may make its own key for the api, in `.env.deploy`. */
  readonly makesKey: boolean;
  /** What its commands read beside the rendered files; written into the folder of the shipment, for its owner alone. */
  files(shipment: Shipment): readonly { readonly name: string; readonly text: string }[];
  /** Secrets that the platform already has need not be given again: how to ask it which it has. */
  readonly listSecrets?: { readonly command: Command; read(outcome: Outcome): readonly string[] };
  plan(shipment: Shipment, ask: Ask): Promise<Plan>;
  planRollback(shipment: Shipment, ask: Ask): Promise<Plan>;
  status(shipment: Shipment): readonly Command[];
  logs(shipment: Shipment, follow: boolean): readonly Command[];
  destroy(shipment: Shipment): { readonly acts: readonly Act[]; readonly remains: string };
}

export interface Need {
  readonly what: string;
  readonly command: Command;
  readonly remedy: string;
  /** Wrong although it exits with 0, and why. */
  judge?(outcome: Outcome): string | undefined;
}

/** A deploy that cannot begin, or has failed: what happened, and the next step. */
export class ShipError extends Error {
  override readonly name = 'ShipError';
  /** The end of what the failed program said. */
  readonly said: string;

  constructor(message: string, said = '') {
    super(message);
    this.said = said;
  }
}
