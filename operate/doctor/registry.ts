import type { Check } from './check.ts';
import { account } from './checks/account.ts';
import { bridgeReached } from './checks/bridge.ts';
import { browserStarts } from './checks/browser.ts';
import { configuration, restartPending } from './checks/configuration.ts';
import { dataFolder, diskRoom, persistence } from './checks/data.ts';
import { fileModes } from './checks/file-modes.ts';
import { kitRuns } from './checks/kit.ts';
import { firstProcess, nodeVersion, openFiles, stopGrace } from './checks/machine.ts';
import { memory } from './checks/memory.ts';
import { clock, whatsAppReached } from './checks/network.ts';
import { pageCompat } from './checks/page-compat.ts';
import { portsFree, publicPort } from './checks/ports.ts';
import { profileLock, sharedMemory } from './checks/profile.ts';
import { database, nginx } from './checks/programs.ts';
import { healthPath, publicAddress } from './checks/public-address.ts';
import { services } from './checks/services.ts';
import { outbox, session } from './checks/whatsapp.ts';

/** Every check, in the order of the report within its group. To add one, add it here: the documents follow. */
export const checks: readonly Check[] = [
  publicAddress,
  healthPath,
  configuration,
  kitRuns,
  services,
  restartPending,
  portsFree,
  publicPort,
  bridgeReached,
  session,
  account,
  pageCompat,
  outbox,
  whatsAppReached,
  browserStarts,
  profileLock,
  sharedMemory,
  dataFolder,
  diskRoom,
  persistence,
  fileModes,
  database,
  memory,
  firstProcess,
  stopGrace,
  openFiles,
  clock,
  nodeVersion,
  nginx,
];
