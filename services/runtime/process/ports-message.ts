import type { Config } from '#config';

/** From the supervisor to the gate: services listen elsewhere from now on. */
export interface PortsMessage {
  readonly type: 'gatehouse:ports';
  readonly ports: Config['ports'];
}

/** Calls back when the supervisor says that ports have moved. */
export function onPortsMoved(moved: (ports: Config['ports']) => void): void {
  process.on('message', (message) => {
    if (isPortsMessage(message)) moved(message.ports);
  });
}

function isPortsMessage(message: unknown): message is PortsMessage {
  return (
    typeof message === 'object' && message !== null && 'type' in message && message.type === 'gatehouse:ports'
  );
}
