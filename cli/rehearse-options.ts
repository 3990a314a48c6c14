import { STEPS } from '../operate/rehearse/steps.ts';
import { toChatId, toPhoneDigits } from '../services/contract/chat-id.ts';
import { errorText } from '../services/contract/errors.ts';
import { type Command, UsageError } from './command.ts';

/** What the command line asks of a rehearsal. */
export interface RehearsalWish {
  /** Digits. */
  readonly pair: string | undefined;
  /** A WhatsApp id. */
  readonly to: string | undefined;
  /** The number of `--to` is confirmed. */
  readonly isSure: boolean;
  readonly only: readonly string[] | undefined;
  readonly skip: readonly string[];
  readonly standByMs: number;
  readonly offlineMs: number;
  readonly out: string | undefined;
}

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

/** Reads the flags of `gatehouse rehearse`. Throws UsageError. */
export function readRehearsal({ values, options }: Command): RehearsalWish {
  const { only, skip, out } = values;
  const pair = values.pair === undefined ? undefined : read('pair', values.pair, toPhoneDigits);
  const to = values.to === undefined ? undefined : read('to', values.to, toPhoneDigits);
  if (to !== undefined && to === pair)
    throw new UsageError('--to is your own number: give the number of another person, or leave it out');
  return {
    pair,
    to: to === undefined ? undefined : toChatId(to),
    isSure: options.has('yes'),
    only: only === undefined ? undefined : stepsIn('only', only),
    skip: skip === undefined ? [] : stepsIn('skip', skip),
    standByMs: timeIn('stand-by', values['stand-by'] ?? '7', 'minutes', MINUTE_MS),
    offlineMs: timeIn('offline', values.offline ?? '30', 'seconds', SECOND_MS),
    out,
  };
}

function read(flag: string, text: string, parse: (text: string) => string): string {
  try {
    return parse(text);
  } catch (cause) {
    throw new UsageError(`--${flag}: ${errorText(cause)}`, { cause });
  }
}

/** Steps by name or number, separated by commas. */
function stepsIn(flag: string, text: string): string[] {
  return text.split(',').map((word) => {
    const step = /^\d+$/.test(word) ? STEPS[Number(word) - 1] : STEPS.find(({ name }) => name === word);
    if (step !== undefined) return step.name;
    const names = STEPS.map(({ name }, index) => `${index + 1} ${name}`).join(', ');
    throw new UsageError(`--${flag}: there is no step "${word}"; there are ${names}`);
  });
}

function timeIn(flag: string, text: string, unit: string, unitMs: number): number {
  if (/^\d{1,4}(\.\d{1,3})?$/.test(text)) return Math.round(Number(text) * unitMs);
  throw new UsageError(`--${flag} takes ${unit}, such as 7 or 0.5`);
}
