// An upstream in a process of its own that gives up connections at moments of its own: `node restless-upstream.ts HABIT`.
// Answers GET of any path with the path. Tells its port, and when asked what it has seen.
import { createServer, type Socket } from 'node:net';

/** How it gives them up, without a `Keep-Alive` header that would tell when. */
export type Habit = keyof typeof habits;

/** What it tells, the second on any message. */
export type Told = { readonly port: number } | Seen;

export interface Seen {
  readonly connections: number;
  /** Requests that it saw come on a connection that it had given up; others are reset unseen. */
  readonly tooLate: number;
}

/** Idle connections live so long, at random. */
const IDLE_MS = [1, 5] as const;
/** How long after its last answer. */
const LINGER_MS = [0, 2] as const;
/** So many requests a connection, at random. */
const REQUESTS = [1, 20] as const;

/** What a connection does when it has been asked for the `count`th time; returns a line for the answer's head. */
const habits = {
  'closes idle connections within 5 ms': (socket: Socket) => {
    const timer = setTimeout(() => giveUp(socket), between(IDLE_MS));
    socket.once('data', () => clearTimeout(timer));
    return '';
  },
  'closes after some requests, unannounced': (socket: Socket, isLast: boolean) => {
    if (isLast) setTimeout(() => giveUp(socket), between(LINGER_MS));
    return '';
  },
  'closes after some requests, as it has said': (socket: Socket, isLast: boolean) => {
    if (isLast) setImmediate(() => giveUp(socket));
    return isLast ? 'Connection: close\r\n' : '';
  },
};

let connections = 0;
let tooLate = 0;
const onAnswered = Object.entries(habits).find(([name]) => name === process.argv[2])?.[1];
if (onAnswered !== undefined) serve(onAnswered);

function serve(habit: (socket: Socket, isLast: boolean) => string): void {
  const server = createServer({ noDelay: true }, (socket) => {
    connections += 1;
    let left = between(REQUESTS);
    let head = '';
    socket.setEncoding('latin1');
    socket.on('error', () => socket.destroy());
    socket.on('data', (text: string) => {
      head += text;
      if (!head.endsWith('\r\n\r\n')) return;
      const path = head.split(' ')[1] ?? '';
      head = '';
      if (left === 0 || socket.writableEnded) {
        tooLate += 1;
        return;
      }
      left -= 1;
      const line = habit(socket, left === 0);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n${line}\r\n${path}`);
    });
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object' && address !== null) tell({ port: address.port });
  });
  process.on('message', () => tell({ connections, tooLate }));
  process.on('disconnect', () => process.exit());
}

/** Half of the servers say goodbye and wait; to the other half what comes afterwards is an error. */
function giveUp(socket: Socket): void {
  if (Math.random() < 0.5) socket.end();
  else socket.destroySoon();
}

function tell(what: Told): void {
  process.send?.(what);
}

function between([least, most]: readonly [number, number]): number {
  return least + Math.floor(Math.random() * (most - least + 1));
}
