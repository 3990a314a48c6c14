import { readFileSync } from 'node:fs';

/** Linux counts processor time in ticks of 10 ms (`USER_HZ`). */
const TICK_MS = 10;

/**
 * Returns the processor time in ms of this process and of all its children that have ended, with theirs.
 * Source: proc(5), fields 14 to 17 of /proc/PID/stat. Where there is no /proc, only the time of this process.
 */
export function processorMs(): number {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0);
  } catch {
    const { user, system } = process.cpuUsage();
    return Math.round((user + system) / 1_000);
  }
}
