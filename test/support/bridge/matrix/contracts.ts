import { CHANGE_CONTRACTS } from './change-contracts.ts';
import type { Contract } from './contract.ts';
import { READ_CONTRACTS } from './read-contracts.ts';
import { SEND_CONTRACTS } from './send-contracts.ts';
import { SESSION_CONTRACTS } from './session-contracts.ts';

/** By capability. A test compares the names with those of the bridge. */
export const CONTRACTS: Readonly<Record<string, Contract>> = {
  ...SEND_CONTRACTS,
  ...CHANGE_CONTRACTS,
  ...READ_CONTRACTS,
  ...SESSION_CONTRACTS,
};
