import type { AgentOptions, ClientRequestArgs, Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import { KitError } from '../../contract/errors.ts';
import { http } from '../../runtime/http/node-http.ts';
import type { Resolve } from './dns-answer.ts';
import { type AddressCheck, allowPublicAnd } from './public-address.ts';

const https = process.getBuiltinModule('node:https');

export interface OutboundRules {
  /** Networks that may be called although they are not public: `10.1.0.0/16`. */
  readonly allowNetworks: readonly string[];
  readonly resolve: Resolve;
}

/** What connects, for each scheme. */
export interface CheckedAgents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  /** Closes all connections. */
  close(): void;
}

/**
 * Agents whose connections lead only to addresses that may be called. What is checked is what is connected to: a name
 * is resolved once, and its answer goes to the socket, so a second answer (DNS rebinding) is never asked for. A name of
 * several addresses is refused for any bad one. The request fails with KitError `address_refused`.
 */
export function createCheckedAgents(rules: OutboundRules, options: AgentOptions = {}): CheckedAgents {
  const guard = guardBy(rules);
  const agents = { http: new CheckedHttpAgent(guard, options), https: new CheckedHttpsAgent(guard, options) };
  return {
    ...agents,
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

type Guard = (args: ClientRequestArgs) => ClientRequestArgs;

class CheckedHttpAgent extends http.Agent {
  readonly #guard: Guard;

  constructor(guard: Guard, options: AgentOptions) {
    super(options);
    this.#guard = guard;
  }

  override createConnection(args: ClientRequestArgs, done?: OnConnection): Duplex | null | undefined {
    return super.createConnection(this.#guard(args), done);
  }
}

class CheckedHttpsAgent extends https.Agent {
  readonly #guard: Guard;

  constructor(guard: Guard, options: AgentOptions) {
    super(options);
    this.#guard = guard;
  }

  override createConnection(args: ClientRequestArgs, done?: OnConnection): Duplex | null | undefined {
    return super.createConnection(this.#guard(args), done);
  }
}

type OnConnection = (error: Error | null, stream: Duplex) => void;

/** An address that stands in the URL never reaches `lookup`, so it is checked at once: a throw fails the request. */
function guardBy({ allowNetworks, resolve }: OutboundRules): Guard {
  const isAllowed = allowPublicAnd(allowNetworks);
  const checked = lookupBy(resolve, isAllowed);
  return (args) => {
    const host = (args.host ?? '').replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !isAllowed(host)) throw refusal(host);
    return { ...args, host, lookup: checked };
  };
}

/** A resolver in the form that sockets take, which refuses what `isAllowed` does not take. */
export function lookupBy(resolve: Resolve, isAllowed: AddressCheck): LookupFunction {
  return (host, options, done) => {
    resolve(host).then(
      (addresses) => {
        const [first] = addresses;
        if (!addresses.every(({ address }) => isAllowed(address))) done(refusal(host), '');
        else if (first === undefined) done(new Error(`${host} has no address`), '');
        else if (options.all === true) done(null, [...addresses]);
        else done(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => done(error, ''),
    );
  };
}

/** Does not tell the address: what names mean within this network is nobody's business outside. */
function refusal(host: string): KitError {
  return new KitError(
    'address_refused',
    `${host} ${isIP(host) === 0 ? 'does not lead to' : 'is not'} a public address`,
  );
}
