import type { Capability } from './capability.ts';
import { CHANGE_CAPABILITIES } from './change-capabilities.ts';
import { READ_CAPABILITIES } from './read-capabilities.ts';
import { SEND_CAPABILITIES } from './send-capabilities.ts';
import { SESSION_CAPABILITIES } from './session-capabilities.ts';

/** Everything that the kit does with the page, in the order of the report. */
export const CAPABILITIES: readonly Capability[] = [
  ...SEND_CAPABILITIES,
  ...CHANGE_CAPABILITIES,
  ...READ_CAPABILITIES,
  ...SESSION_CAPABILITIES,
];
