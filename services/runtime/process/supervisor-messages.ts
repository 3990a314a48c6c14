import type { Config } from '#config';

// The messages between the supervisor and the services of the kit, over the IPC channel of a child process.

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

/** From the supervisor to the gate: services listen elsewhere from now on. */
export interface PortsMessage {
  readonly type: 'gatehouse:ports';
  readonly ports: Config['ports'];
}

/** Tells the supervisor, where there is one, that this service takes no new connections any more. */
export function tellClosed(): void {
  if (process.connected) process.send?.(CLOSED_MESSAGE);
}

/** Calls back when the supervisor says that ports have moved. */
export function onPortsMoved(moved: (ports: Config['ports']) => void): void {
  process.on('message', (message) => {
    if (isPortsMessage(message)) moved(message.ports);
  });
}

export function isStopMessage(message: unknown): message is StopMessage {
  return (
    typeof message === 'object' && message !== null && 'type' in message && message.type === 'gatehouse:stop'
  );
}

function isPortsMessage(message: unknown): message is PortsMessage {
  return (
    typeof message === 'object' && message !== null && 'type' in message && message.type === 'gatehouse:ports'
  );
}
