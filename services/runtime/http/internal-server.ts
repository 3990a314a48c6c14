import type { RequestListener, Server } from 'node:http';
import { http } from './node-http.ts';

/** Idle sockets of a caller within the kit: longer than the caller keeps them, so that no reuse meets a close. */
const KEEP_ALIVE_MS = 72_000;
/** What the gate lets through, these let through: Node's own 16 KiB would answer a bare 431 behind it. */
const MAX_HEADER_BYTES = 1024 ** 2;

/**
 * A server that only the kit itself calls. The gate is the one that limits: a cut here would look like a failure.
 * Gates reuse its connections after bodies: Node discards what a handler leaves unread (test: internal-server).
 */
export function createInternalServer(listener: RequestListener): Server {
  return http.createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: 0 },
    listener,
  );
}
