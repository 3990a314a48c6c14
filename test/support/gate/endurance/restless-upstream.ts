// An upstream in a process of its own that gives up connections at moments of its own: `node restless-upstream.ts HABIT`.
// Answers GET of any path with the path. Tells its port, and when asked what it has seen.
import { createServer, type Socket } from 'node:net';

/** How it gives them up, without a `Keep-Alive` header that would tell when. */
export type Habit = keyof typeof habits;

/** What it tells on any message. */
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

/** What a connection does once it has answered, and for the last time perhaps; gives a line for the answer's head. */
const habits = {
  'closes idle connections within 5 ms': (connection: Connection) => {
    const timer = setTimeout(() => connection.giveUp(), between(IDLE_MS));
    connection.socket.once('data', () => clearTimeout(timer));
    return '';
  },
  'closes after some requests, unannounced': (connection: Connection, isLast: boolean) => {
    if (isLast) connection.giveUp(between(LINGER_MS));
    return '';
  },
  'closes after some requests, as it has said': (connection: Connection, isLast: boolean) => {
    if (isLast) connection.giveUp(between(LINGER_MS));
    return isLast ? 'Connection: close\r\n' : '';
  },
};

type OnAnswered = (connection: Connection, isLast: boolean) => string;

class Connection {
  readonly socket: Socket;
  readonly #onAnswered: OnAnswered;
  #left = between(REQUESTS);
  #head = '';
  #isGivenUp = false;

  constructor(socket: Socket, onAnswered: OnAnswered) {
    connections += 1;
    this.socket = socket;
    this.#onAnswered = onAnswered;
    socket.setEncoding('latin1');
    socket.on('error', () => socket.destroy());
    socket.on('data', (text: string) => this.#onData(text));
  }

  /** Answers nothing any more, and closes. Half of the servers say goodbye and wait; with the others what comes is an error. */
  giveUp(afterMs = 0): void {
    this.#isGivenUp = true;
    setTimeout(() => (Math.random() < 0.5 ? this.socket.end() : this.socket.destroySoon()), afterMs);
  }

  #onData(text: string): void {
    this.#head += text;
    if (!this.#head.endsWith('\r\n\r\n')) return;
    const path = this.#head.split(' ')[1] ?? '';
    this.#head = '';
    if (this.#isGivenUp) {
      tooLate += 1;
      return;
    }
    this.#left -= 1;
    const line = this.#onAnswered(this, this.#left === 0);
    this.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n${line}\r\n${path}`);
  }
}

let connections = 0;
let tooLate = 0;
function serve(habit: OnAnswered): void {
  const server = createServer({ noDelay: true }, (socket) => void new Connection(socket, habit));
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object' && address !== null) tell({ port: address.port });
  });
  process.on('message', () => tell({ connections, tooLate }));
  process.on('disconnect', () => process.exit());
}

function tell(what: { readonly port: number } | Seen): void {
  process.send?.(what);
}

function between([least, most]: readonly [number, number]): number {
  return least + Math.floor(Math.random() * (most - least + 1));
}

const onAnswered = Object.entries(habits).find(([name]) => name === process.argv[2])?.[1];
if (onAnswered !== undefined) serve(onAnswered);
