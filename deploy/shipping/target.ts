import type { Config, Deployment } from '#config';
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
  /** Where the kit is reached from outside, where the command line says so. */
  readonly url?: string;
  /** A folder of the deploy's own, for its owner alone. */
  readonly folder: string;
}

/** One thing to do, and how to take it back. */
export interface Step {
  readonly title: string;
  readonly run: Command | Wait | Check;
  /** What takes it back, whether it has been done in whole, in part or not at all. */
  readonly undo?: readonly Step[];
}

/** A look that no program does; throws ShipError when it does not like what it sees. */
export type Check = () => Promise<void>;

/** Until a release answers at the public port. */
export interface Wait {
  /** `open`: its gate answers. `healthy`: so does its api, whatever WhatsApp's state. */
  readonly until: 'open' | 'healthy';
  /** Undefined: whichever answers. */
  readonly release?: string;
  /** Not the one that answered before anything was done; where the next one's name is not known. */
  readonly isAnother?: boolean;
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
  /** What is to run in the end, by the name it will give itself; undefined where only the platform knows. */
  readonly release?: string;
  /** What runs now, in the platform's own words, if that is known. */
  readonly previous?: string;
  /** Before anything of what runs is touched. */
  readonly before: readonly Step[];
  readonly steps: readonly Step[];
  /** When all is well; what fails of it takes nothing back. */
  readonly after?: readonly Step[];
  /** Undefined: it is reached from nowhere that is known, and not looked at from outside. */
  readonly url: Address | undefined;
}

/** Where the kit is reached; a platform may know only once something runs there. */
export type Address = string | Question<string>;

/** Returns where the kit is reached: as the command line says, by its own domain, or else as the platform says. */
export function publicUrl<Otherwise extends Address | undefined>(
  { url, deployment: { domain } }: Pick<Shipment, 'url' | 'deployment'>,
  otherwise: Otherwise,
): Address | Otherwise {
  return url ?? (domain === undefined ? otherwise : `https://${domain}`);
}

/** A look at what is there, and what it says. */
export interface Question<Answer> {
  readonly command: Command;
  /** Undefined: it does not say. Throws ShipError for what is not understood. */
  read(outcome: Outcome): Answer | undefined;
}

/**
 * Asks a program for an answer. Throws ShipError when it gives none, unless it `mayFail`, as when something is asked for
 * that may not be there yet.
 */
export type Ask = (command: Command, mayFail?: 'may-fail') => Promise<Outcome>;

/** A place to deploy to. Its commands are made by pure functions; `plan` may ask for what runs there now. */
export interface Target {
  /** What must be there and succeed before anything else, each with what to do where it does not. */
  readonly prerequisites: readonly Prerequisite[];
  /** A first deploy may make its own key for the api, in `.env.deploy`. */
  readonly makesKey: boolean;
  /** What its commands read beside the rendered files; written into the folder of the shipment, for its owner alone. */
  files(shipment: Shipment): readonly { readonly name: string; readonly text: string }[];
  /**
   * Secrets that the platform already has need not be given again: how to ask it which it has; `elsewhere` where only its
   * own pages set them, and it asks for them itself.
   */
  readonly keptSecrets?: 'elsewhere' | ((deployment: Deployment) => Question<readonly string[]>);
  /** How it ships and goes back, for the table of the targets. */
  readonly facts: TargetFacts;
  plan(shipment: Shipment, ask: Ask): Promise<Plan>;
  planRollback(shipment: Shipment, ask: Ask): Promise<Plan>;
  status(shipment: Shipment, ask: Ask): Promise<readonly Command[]>;
  logs(shipment: Shipment, follow: boolean, ask: Ask): Promise<readonly Command[]>;
  destroy(shipment: Shipment, ask: Ask): Promise<DestroyPlan>;
}

export interface DestroyPlan {
  readonly steps: readonly Step[];
  readonly remains: string;
}

/** In words, for the documents. */
export interface TargetFacts {
  readonly ships: string;
  readonly waits: string;
  readonly rollsBack: string;
  readonly secrets: string;
  /** What of it has been run for real, and not only against stand-ins for its programs. */
  readonly testedWith: string;
}

/** A program, a login or a state of the checkout that a deploy cannot do without. */
export interface Prerequisite {
  readonly what: string;
  readonly command: Command;
  readonly remedy: string;
  /** Wrong although it exits with 0, and why. */
  judge?(outcome: Outcome): string | undefined;
}

/** A deploy that cannot begin, or has failed: what happened, and the next step. */
export class ShipError extends Error {
  override readonly name = 'ShipError';
  /** The end of what the failed program wrote. */
  readonly output: string;

  constructor(message: string, output = '', options?: ErrorOptions) {
    super(message, options);
    this.output = output;
  }
}
