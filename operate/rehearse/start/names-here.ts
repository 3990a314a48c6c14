import { homedir, hostname, userInfo } from 'node:os';

/** What this machine, its user and their folders are called: none of it is for the public. */
export function namesHere(): readonly string[] {
  const host = hostname();
  return [host, host.split('.')[0] ?? '', userName(), homedir(), process.cwd()];
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return ''; // A container may run under a number that no user has.
  }
}
