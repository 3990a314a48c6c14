import { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import type { Log } from '../../runtime/log.ts';

let isWatching = false;

/**
 * Keeps a listener on the pipes to every browser. puppeteer takes its own away as it closes, and a pipe that the dying
 * browser breaks after that is an `error` that nobody hears, which ends the process. Source: PipeTransport.close() of
 * puppeteer-core 24.43. The channel is heard because a browser that is killed amid its launch is never handed to us.
 */
export function survivePipeErrors(log: Log): void {
  if (isWatching) return;
  isWatching = true;
  subscribe('child_process', (message) => {
    if (typeof message !== 'object' || message === null || !('process' in message)) return;
    const child = message.process;
    if (!(child instanceof ChildProcess)) return;
    child.once('spawn', () => {
      for (const pipe of child.stdio) {
        pipe?.on('error', (error) => log.debug(`a pipe to the browser broke: ${error.message}`));
      }
    });
  });
}
