import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { call, fieldOf } from './call.ts';
import { findSeq } from './event-pages.ts';
import type { Random } from './random.ts';

/** A delivery that reached the receiver, whatever it answered. */
export interface Arrival {
  readonly seq: number;
  readonly type: string;
  /** `standardwebhooks` found the signature right. */
  readonly isVerified: boolean;
  readonly wasTaken: boolean;
}

/** A webhook of the kit, and what came in on it. */
export interface Hook {
  readonly name: string;
  /** The types it asked for; all when undefined. */
  readonly types: readonly string[] | undefined;
  readonly arrivals: readonly Arrival[];
}

interface OpenHook extends Hook {
  readonly arrivals: Arrival[];
  readonly isMoody: boolean;
  readonly random: Random;
  verifier: Webhook | undefined;
  /** What came before the kit's answer told the secret. */
  readonly early: (() => void)[];
}

/** Parts of the deliveries that a moody receiver fails, and dawdles over. */
const FAILS = 0.03;
const DAWDLES = 0.01;
const DAWDLE_MS = 250;

/** Somebody's own server, which the kit posts events to. A moody one fails, breaks off and dawdles now and then. */
export class Receiver implements AsyncDisposable {
  readonly #server: Server;
  readonly #hooks = new Map<string, OpenHook>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#take(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<Receiver> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Receiver(server);
  }

  get hooks(): readonly Hook[] {
    return [...this.#hooks.values()];
  }

  /** Registers a webhook at the kit. */
  async register(
    origin: string,
    hook: { name: string; types?: readonly string[]; isMoody: boolean; random: Random },
  ): Promise<void> {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the receiver does not listen');
    const open: OpenHook = {
      name: hook.name,
      types: hook.types,
      isMoody: hook.isMoody,
      random: hook.random,
      arrivals: [],
      verifier: undefined,
      early: [],
    };
    this.#hooks.set(hook.name, open);
    const { status, json } = await call(`${origin}/api/webhooks`, {
      body: {
        url: `http://127.0.0.1:${address.port}/${hook.name}`,
        ...(hook.types === undefined ? {} : { types: hook.types }),
      },
    });
    const secret = fieldOf(json, 'secret');
    if (status !== 201 || typeof secret !== 'string')
      throw new Error(`POST /api/webhooks answered ${status}: ${JSON.stringify(json)}`);
    open.verifier = new Webhook(secret);
    for (const look of open.early.splice(0)) look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const hook = this.#hooks.get((request.url ?? '').slice(1));
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces).toString('utf8');
    if (hook === undefined) {
      response.writeHead(404).end();
      return;
    }
    const mood = hook.isMoody ? hook.random.next() : 1;
    const wasTaken = mood >= FAILS;
    const look = () => {
      const payload: unknown = JSON.parse(body);
      hook.arrivals.push({
        seq: findSeq(payload),
        type: String(fieldOf(payload, 'type')),
        isVerified: isSigned(hook.verifier, body, request),
        wasTaken,
      });
    };
    if (hook.verifier === undefined) hook.early.push(look);
    else look();
    if (mood < FAILS / 3) response.destroy();
    else if (mood < FAILS) response.writeHead(mood < FAILS / 2 ? 500 : 503).end();
    else {
      if (mood < FAILS + DAWDLES) await sleep(DAWDLE_MS);
      response.writeHead(204).end();
    }
  }
}

function isSigned(verifier: Webhook | undefined, body: string, { headers }: IncomingMessage): boolean {
  if (verifier === undefined) return false;
  const sent = Number(headers['webhook-timestamp']);
  // The kit's clock may have been made to jump: what is looked at is the signature, as of the moment it names.
  const { now } = Date;
  try {
    Date.now = () => sent * 1_000;
    verifier.verify(body, {
      'webhook-id': String(headers['webhook-id']),
      'webhook-timestamp': String(headers['webhook-timestamp']),
      'webhook-signature': String(headers['webhook-signature']),
    });
    return true;
  } catch {
    return false; // The verdict counts it.
  } finally {
    Date.now = now;
  }
}
