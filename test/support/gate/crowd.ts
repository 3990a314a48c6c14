import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Somebody comes to a port in each turn of the event loop, until disposed of: a server that awaits quiet there stays open. */
export function crowdAt(port: number): Disposable {
  let comes = true;
  const come = async () => {
    while (comes) {
      const socket = connect(port, '127.0.0.1');
      socket.on('connect', () => socket.destroy());
      socket.on('error', () => socket.destroy());
      await nextTurn();
    }
  };
  void come();
  return {
    [Symbol.dispose]: () => {
      comes = false;
    },
  };
}
