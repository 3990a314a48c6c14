// Loaded before each Node process of the kit (`--import`): shifts its clock by as many ms as the file named by CHAOS_CLOCK
// says at each moment, and in the process of the stand-in, whose own clock is WhatsApp's and stays right, the clock of the
// pages it serves: browser and kit run on one machine. Timers count on, as they do when a machine's clock is set.
import { readFileSync } from 'node:fs';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Server } from 'node:https';

const READ_EVERY_MS = 10;
const PAGE_ASKS_EVERY_MS = 40;
const ROUTE = '/chaos-clock';
const path = process.env.CHAOS_CLOCK ?? '';
const Real = Date;
let shiftMs = 0;
let readAt = Number.NEGATIVE_INFINITY;

if (path !== '') {
  if ((process.argv[1] ?? '').includes('services/sandbox/')) shiftPages();
  else globalThis.Date = shifted(Real, readShift);
}

function readShift(): number {
  if (performance.now() - readAt > READ_EVERY_MS) {
    readAt = performance.now();
    shiftMs = Number(readFileSync(path, 'utf8'));
  }
  return shiftMs;
}

/** Also given to pages as source text: it must need nothing from outside. */
function shifted(real: DateConstructor, shift: () => number): DateConstructor {
  const now = () => real.now() + shift();
  return new Proxy(real, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new real(now()).toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  });
}

/** Stands before the stand-in's server: gives each page a clock of its own, and answers it how far off it is. */
function shiftPages(): void {
  const { emit } = Server.prototype;
  Server.prototype.emit = function (name: string | symbol, ...args: unknown[]): boolean {
    const [request, response] = args;
    if (name !== 'request' || !(request instanceof IncomingMessage) || !(response instanceof ServerResponse))
      return Reflect.apply(emit, this, [name, ...args]);
    if (request.url === ROUTE) {
      response.end(String(readShift()));
      return true;
    }
    const end = response.end.bind(response);
    response.end = (...rest: unknown[]) => {
      const [body] = rest;
      const type = response.getHeader('content-type');
      if (body === undefined || !String(type).startsWith('text/html'))
        return Reflect.apply(end, response, rest);
      const page = String(body).replace('<meta', `<script>${pageScript()}</script><meta`);
      response.setHeader('content-length', Buffer.byteLength(page));
      return end(page);
    };
    return Reflect.apply(emit, this, [name, ...args]);
  };
}

function pageScript(): string {
  return `{
    let shiftMs = ${readShift()};
    window.Date = (${shifted.toString()})(Date, () => shiftMs);
    setInterval(async () => { shiftMs = Number(await (await fetch('${ROUTE}')).text()); }, ${PAGE_ASKS_EVERY_MS});
  }`;
}
