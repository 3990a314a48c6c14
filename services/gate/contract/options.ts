import type { ErrorCode } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';

/** All that a gate needs to know; `main.ts` fills it from config. */
export interface GateOptions {
  readonly listen: Address & {
    /** The gate of another kit, which this one takes over from, may have the port too (SO_REUSEPORT). */
    readonly isShared?: boolean;
  };
  readonly routes: readonly GateRoute[];
  /** Never routed, whatever the routes say, in any mix of cases: `/internal`. */
  readonly deniedPrefixes: readonly string[];
  /** The body of `GET /health/live`, which the gate answers itself, with 200, from the moment it listens. */
  readonly live: () => object;
  /** The gate is bound to loopback and no key is set: only this machine, and no page of another site, may call. */
  readonly localOnly: boolean;
  /** How many proxies before the gate are ours; what comes from further out is not believed. 0 believes nothing. */
  readonly trustedProxyHops: number;
  readonly limits: GateLimits;
  /** The boot secret, sent to kit services only. */
  readonly secret: string;
  /** How long `drain` waits for what is in flight. */
  readonly drainMs: number;
  readonly log: Log;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface GateRoute {
  readonly service: string;
  /** Matches itself and what lies below it, on a segment boundary, in exact case. The longest one wins. */
  readonly prefix: string;
  /** Matches the prefix alone, nothing below it. */
  readonly exact: boolean;
  /** WebSocket upgrades pass. */
  readonly upgrade: boolean;
  /** A service of the kit: its requests carry the boot secret. */
  readonly kit: boolean;
  readonly upstream: Address;
  /** Instead of `limits.maxBodyBytes`. */
  readonly maxBodyBytes?: number;
  /**
   * Only for holders of an API key: a gate that reads bodies before it forwards them asks the service at
   * `ADMISSION_PATH` first. A gate that streams them needs no such question.
   */
  readonly keyed?: boolean;
  /** Requests wait while the service restarts (default); false answers 503 at once. */
  readonly holds?: boolean;
  /** Instead of `service_silent` after `limits.upstreamTimeoutMs`. */
  readonly silence?: { readonly afterMs: number; readonly code: ErrorCode };
}

export interface GateLimits {
  readonly maxHeaderBytes: number;
  /** For the whole header block of a request. */
  readonly headerTimeoutMs: number;
  readonly maxBodyBytes: number;
  /** Of bodies that a gate keeps on disk before it forwards them. The gate that streams bodies keeps none. */
  readonly spoolBytes: number;
  /** Without a byte, while one side waits for the other to send or to read: applies to bodies, both ways. */
  readonly idleTimeoutMs: number;
  /** From the end of a request until the headers of its response. */
  readonly upstreamTimeoutMs: number;
  /** How long a request waits for a service that refuses connections. */
  readonly holdMs: number;
  /** Of clients, and so of each upstream too. Shared among them: see `connections/connection-shares.ts`. */
  readonly maxConnections: number;
  /** Requests that one client may send for a service, on average; 0 is no limit. See `client-limits.ts`. */
  readonly clientRatePerSecond: number;
  /** How many of them may come at once. */
  readonly clientBurst: number;
  /** Requests of one client under way, open WebSockets among them; 0 is no limit. */
  readonly clientConcurrency: number;
  /**
   * Of a body, both ways, while the gate waits for the client and for no one else; 0 is no limit. See
   * `connections/slow-client-guard.ts`.
   */
  readonly minBodyBytesPerSecond: number;
  /** Silence of a WebSocket, both ways, after which the gate pings its client; 0 never. */
  readonly pingMs: number;
}
