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

/** From the supervisor to a service of the kit: drain and end within `graceMs`, after which it is killed. */
export interface StopMessage {
  readonly type: 'gatehouse:stop';
  readonly graceMs: number;
}

/** From the supervisor to every service of the kit: the whole kit stops, each in its turn. Nobody waits for long now. */
export const KIT_STOPS_MESSAGE = 'gatehouse:kit-stops';

/** From a service that drains to the supervisor: it takes no new connections any more. */
export const CLOSED_MESSAGE = 'gatehouse:closed';

/** From a service to the supervisor: I was sent SIGTERM or SIGINT. */
export const SIGNALED_MESSAGE = 'gatehouse:signaled';

/** Tells the supervisor, where there is one, that this service takes no new connections any more. */
export function tellClosed(): void {
  if (process.connected) process.send?.(CLOSED_MESSAGE);
}

function isStopMessage(message: unknown): message is StopMessage {
  return (
    typeof message === 'object' && message !== null && 'type' in message && message.type === 'gatehouse:stop'
  );
}
