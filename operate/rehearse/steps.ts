import type { Step } from './context.ts';
import { changes } from './steps/changes.ts';
import { compat } from './steps/compat.ts';
import { kill } from './steps/kill.ts';
import { media } from './steps/media.ts';
import { offline } from './steps/offline.ts';
import { recipient } from './steps/recipient.ts';
import { reload } from './steps/reload.ts';
import { sameId } from './steps/same-id.ts';
import { standBy } from './steps/stand-by.ts';
import { text } from './steps/text.ts';

/** Everything that a rehearsal proves, in this order. */
export const STEPS: readonly Step[] = [
  compat,
  text,
  sameId,
  media,
  changes,
  reload,
  kill,
  offline,
  standBy,
  recipient,
];
