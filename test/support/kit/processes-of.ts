import { argumentsOf, findMarked, listProcesses } from '../../../services/runtime/process/process-table.ts';

/**
 * The processes of a kit on a data folder, apart from the supervisor's guard: those that carry the folder in their
 * environment or, as a browser, in their arguments, and all others of their sessions. Never one of our own session.
 */
export function processesOf(dataDir: string): number[] {
  const rows = listProcesses().filter(({ isZombie }) => !isZombie);
  const own = rows.find(({ pid }) => pid === process.pid)?.session;
  const browsers = rows.filter(({ pid, session }) => session !== own && isBrowserOf(pid, dataDir));
  const sessions = new Set(browsers.map(({ session }) => session));
  const found = rows.filter(({ session }) => sessions.has(session)).map(({ pid }) => pid);
  return [...new Set([...findMarked(`DATA_DIR=${dataDir}`), ...found])];
}

function isBrowserOf(pid: number, dataDir: string): boolean {
  return argumentsOf(pid).some((argument) => argument.startsWith(`--user-data-dir=${dataDir}`));
}
