import type { Pressure } from '../../contract/pressure.ts';
import type { Address, GateRoute } from './options.ts';

/** A gate that listens. */
export interface Gate extends Address, AsyncDisposable {
  /**
   * Lets what is in flight finish, for `drainMs` at most unless `withinMs` is given; see `connections/drain.ts`. Disposing
   * does not wait. A gate that knows when it stops taking new connections calls `onClosed` at that moment.
   */
  drain(withinMs?: number, onClosed?: () => void): Promise<void>;
  /** Its resources that are near their limits. */
  readonly pressure?: () => readonly Pressure[];
  /** Takes new addresses of services: later requests go there, and those under way end where they are. */
  updateRoutes(routes: readonly GateRoute[]): void;
}
