import { isStopMessage, KIT_STOPS_MESSAGE, SIGNALED_MESSAGE } from './supervisor-messages.ts';

/**
 * Runs `stop` once, when this process is asked to end, with the time it is given where somebody gave one.
 *
 * Under the supervisor that is a message, or the supervisor's death: a platform may signal every process at once
 * (Heroku does), and whoever others still call must not be the first to go. So a signal is only passed on to the
 * supervisor, which decides. Alone, SIGTERM and SIGINT mean the same, and repeated ones nothing more. `kitStops` is called
 * when the whole kit begins to stop, before this process has its turn.
 */
export function onStopRequest(
  stop: (reason: string, graceMs?: number) => void,
  kitStops: () => void = () => undefined,
): void {
  let asked = false;
  const ask = (reason: string, graceMs?: number) => {
    if (asked) return;
    asked = true;
    stop(reason, graceMs);
  };
  const supervised = process.connected === true;
  if (supervised) {
    process.on('message', (message) => {
      if (isStopMessage(message)) ask('the supervisor asks', message.graceMs);
      else if (message === KIT_STOPS_MESSAGE) kitStops();
    });
    process.on('disconnect', () => ask('the supervisor is gone'));
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (process.connected) process.send?.(SIGNALED_MESSAGE);
      else ask(signal);
    });
  }
}
