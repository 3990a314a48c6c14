/**
 * Returns a callback that passes what it throws to `onFault`. An emitter or a timer would pass it to nobody who knows
 * the exchange: the process would die, or the client would wait without end. Each callback between the head of a response
 * and its last byte goes through here or through `FaultCatchingHandler` (test/unit/gate/faults.test.ts).
 */
export function catchFaults<Arguments extends readonly unknown[]>(
  onFault: (thrown: unknown) => void,
  callback: (...values: Arguments) => void,
): (...values: Arguments) => void {
  return (...values) => {
    try {
      callback(...values);
    } catch (thrown) {
      onFault(thrown);
    }
  };
}
