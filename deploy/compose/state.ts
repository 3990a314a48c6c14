import { z } from 'zod';
import { parseJson } from '../shipping/command-output.ts';
import { ShipError } from '../shipping/target.ts';

/** The two services of which one runs and the other is the next, or the one before. Source: `compose.yaml`. */
export const COLOURS = ['blue', 'green'] as const;
export type Colour = (typeof COLOURS)[number];

const containerSchema = z.object({
  Service: z.string(),
  State: z.string(),
  /** `name=value,name=value`; not told before 2.21. */
  Labels: z.string().default(''),
  Publishers: z.array(z.object({ PublishedPort: z.number() })).nullish(),
});

/** What is there of the kit. */
export interface ComposeState {
  readonly blue?: Container;
  readonly green?: Container;
  /** The port that is published now. */
  readonly port?: number;
}

/** One of the two that take turns. */
export interface Container {
  readonly isRunning: boolean;
  /** As `compose.yaml` labels its container; undefined when it is not told. */
  readonly release?: string;
}

/** A colour, and the release that it is. */
export interface Side {
  readonly colour: Colour;
  readonly release?: string;
}

/** The colours that have a container, running or not. */
export function sidesOf(state: ComposeState): (Side & Container)[] {
  return COLOURS.flatMap((colour) => {
    const container = state[colour];
    return container === undefined ? [] : [{ colour, ...container }];
  });
}

export function nameOf({ colour, release }: Side): string {
  return release ?? colour;
}

/** What `docker compose ps --format json` says: an array, or since 2.21 a document a line. Throws ShipError. */
export function readState(stdout: string): ComposeState {
  const parsed = stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => parseJson(line, 'docker compose ps'));
  const rows = z.array(containerSchema).safeParse(parsed);
  if (!rows.success)
    throw new ShipError(
      `the answer of "docker compose ps" is not understood (${z.prettifyError(rows.error).split('\n')[0]}): version 2.20 and later are known`,
    );
  const find = (colour: Colour) => rows.data.filter(({ Service }) => Service === colour).map(toContainer)[0];
  const [blue, green] = [find('blue'), find('green')];
  const port = rows.data
    .filter(({ Service, State }) => Service === 'port' && State === 'running')
    .flatMap(({ Publishers }) => Publishers ?? [])
    .map(({ PublishedPort }) => PublishedPort)
    .find((published) => published > 0);
  return {
    ...(blue === undefined ? {} : { blue }),
    ...(green === undefined ? {} : { green }),
    ...(port === undefined ? {} : { port }),
  };
}

function toContainer({ State, Labels }: z.infer<typeof containerSchema>): Container {
  const release = /(?:^|,)gatehouse\.release=([\w.-]+)/.exec(Labels)?.[1];
  return { isRunning: State === 'running', ...(release === undefined ? {} : { release }) };
}
