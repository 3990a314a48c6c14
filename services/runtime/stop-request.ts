/**
 * Runs `stop` once, when this process is asked to end.
 *
 * Under the supervisor that is a message, or the supervisor's death: a platform may signal every process at once
 * (Heroku does), and whoever others still call must not be the first to go. So a signal is only passed on to the
 * supervisor, which decides. Alone, SIGTERM and SIGINT mean the same, and repeated ones nothing more.
 */
export function onStopRequest(stop: (reason: string) => void): void {
  let asked = false;
  const ask = (reason: string) => {
    if (asked) return;
    asked = true;
    stop(reason);
  };
  const supervised = process.connected === true;
  if (supervised) {
    process.on('message', (message) => {
      if (message === STOP_MESSAGE) ask('the supervisor asks');
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

/** From the supervisor to a service of the kit: drain and end. */
export const STOP_MESSAGE = 'gatehouse:stop';

/** From a service to the supervisor: I was sent SIGTERM or SIGINT. */
export const SIGNALED_MESSAGE = 'gatehouse:signaled';
