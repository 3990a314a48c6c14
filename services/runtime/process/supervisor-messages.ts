import type { Config } from '#config';
import { type Pressure, readPressures } from '../../contract/pressure.ts';

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

/** From the gate to the supervisor: its resources that are near their limits. */
interface PressureMessage {
  readonly type: 'gatehouse:pressure';
  readonly pressure: readonly Pressure[];
}

const PRESSURE_MS = 1_000;

/** Reports to the supervisor, where there is one, which resources are near their limits, each time that this changes. */
export function reportPressure(read: () => readonly Pressure[]): void {
  let reported = '[]';
  setInterval(() => {
    const pressure = read();
    const text = JSON.stringify(pressure);
    if (text === reported || !process.connected) return;
    reported = text;
    const message: PressureMessage = { type: 'gatehouse:pressure', pressure };
    process.send?.(message, undefined, undefined, () => undefined);
  }, PRESSURE_MS).unref();
}

/** The pressure in a message of a service; undefined for another message. */
export function pressureIn(message: unknown): readonly Pressure[] | undefined {
  if (typeof message !== 'object' || message === null || !('type' in message)) return undefined;
  return message.type === 'gatehouse:pressure' && 'pressure' in message
    ? readPressures(message.pressure)
    : undefined;
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
