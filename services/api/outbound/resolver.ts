import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { KitError } from '../../contract/errors.ts';
import type { Budget } from '../../runtime/budget.ts';
import { type Address, noAnswer, type Resolve } from './dns-answer.ts';
import { loopbackOf, parseHosts } from './hosts-file.ts';
import { ParsedFile } from './parsed-file.ts';
import { fullNames, parseSearchRules } from './search-list.ts';
import type { SystemLookup } from './system-lookup.ts';

/** Where names come from; the files of this machine unless given. */
export interface NameSources {
  /** DNS servers, `address:port`; those of `/etc/resolv.conf` unless given. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
  readonly resolvConf?: string;
  /** Longest a name may take; below every time limit of a request unless given. */
  readonly deadlineMs?: number;
}

export interface ResolverOptions extends NameSources {
  readonly purpose: string;
  readonly system: SystemLookup;
  /** Names that are asked for at once; no limit unless given. */
  readonly limit?: { readonly budget: Budget; readonly holderOf: (name: string) => string };
}

/** Below every time limit of a request, whose own time goes on meanwhile. */
const DEADLINE_MS = 4_000;
/** Of the deadline: a server that has not answered by then is asked again, then the next one. */
const FIRST_TRY = 3 / 8;
const TRIES = 2;
/** How much longer than one family the other may take. Source: RFC 8305 §3, more generously. */
const OTHER_FAMILY_MS = 500;

/**
 * Resolves names for one purpose, by DNS over sockets of its own and within a deadline. `dns.lookup` would ask by a pool of
 * four threads, which everything in this process shares and which names without an answer hold for many seconds.
 */
export class NameResolver {
  readonly #options: ResolverOptions;
  readonly #hosts: ParsedFile<ReturnType<typeof parseHosts>>;
  readonly #search: ParsedFile<ReturnType<typeof parseSearchRules>>;
  /** Names that are asked for: a second request for one of them takes the same answer. */
  readonly #asked = new Map<string, Promise<readonly Address[]>>();
  readonly #closing = new AbortController();

  constructor(options: ResolverOptions) {
    const { hostsFile = '/etc/hosts', resolvConf = '/etc/resolv.conf' } = options;
    this.#options = options;
    this.#hosts = new ParsedFile(hostsFile, parseHosts);
    this.#search = new ParsedFile(resolvConf, (text) => parseSearchRules(text, hostname()));
  }

  /**
   * Rejects with an error of `code` `ENOTFOUND` or `EAI_AGAIN`, as `dns.lookup` does, or with KitError `lookups_busy` when
   * too many names are asked for.
   */
  resolve: Resolve = async (host) => {
    const family = isIP(host);
    if (family !== 0) return [{ address: host, family }];
    const name = host.toLowerCase();
    const local = this.#hosts.content.get(name.replace(/\.$/, '')) ?? loopbackOf(name);
    return local ?? this.#asked.get(name) ?? this.#begin(name);
  };

  /** Gives up every name that is asked for. */
  close(): void {
    this.#closing.abort();
  }

  #begin(name: string): Promise<readonly Address[]> {
    const { limit, purpose } = this.#options;
    const lease = limit?.budget.take(limit.holderOf(name), 1);
    if (limit !== undefined && lease === undefined)
      throw new KitError(
        'lookups_busy',
        `too many host names of ${purpose} wait for DNS, so ${name} was not asked for`,
      );
    const addresses = this.#ask(name).finally(() => {
      this.#asked.delete(name);
      lease?.release();
    });
    this.#asked.set(name, addresses);
    return addresses;
  }

  async #ask(name: string): Promise<readonly Address[]> {
    const { servers, system, purpose, deadlineMs = DEADLINE_MS } = this.#options;
    const begunAt = performance.now();
    // One for each name, so that canceling ends this name alone, and what /etc/resolv.conf says now counts.
    const resolver = new Resolver({ timeout: Math.ceil(deadlineMs * FIRST_TRY), tries: TRIES });
    if (servers !== undefined) resolver.setServers(servers);
    const deadline = AbortSignal.any([AbortSignal.timeout(deadlineMs), this.#closing.signal]);
    deadline.addEventListener('abort', () => resolver.cancel());
    let isUnknown = true;
    for (const fullName of fullNames(name, this.#search.content)) {
      if (deadline.aborted) throw noAnswer(name);
      const answer = await askBothFamilies(resolver, fullName);
      if (Array.isArray(answer)) return answer;
      if (answer === 'silence') throw noAnswer(name);
      if (answer === 'failure') isUnknown = false;
    }
    if (!isUnknown) throw noAnswer(name);
    return system.addressesOf(name, purpose, deadlineMs - (performance.now() - begunAt));
  }
}

/** `unknown`: there is no such name, or no DNS. `failure`: the servers could not say. `silence`: no answer in time. */
type NoAddress = 'unknown' | 'failure' | 'silence';

/** Without any DNS server, as with `ECONNREFUSED`, the system may know the name all the same. */
const UNKNOWN: readonly string[] = ['ENOTFOUND', 'ENODATA', 'EBADNAME', 'ECONNREFUSED'];
const SILENCE: readonly string[] = ['ETIMEOUT', 'ECANCELLED'];

/** Both kinds of address at once. One kind is an answer, whatever becomes of the other. */
async function askBothFamilies(resolver: Resolver, name: string): Promise<readonly Address[] | NoAddress> {
  let late: NodeJS.Timeout | undefined;
  const toAddresses = (family: number) => (found: readonly string[]) => {
    late ??= setTimeout(() => resolver.cancel(), OTHER_FAMILY_MS);
    return found.map((address) => ({ address, family }));
  };
  const answers = await Promise.allSettled([
    resolver.resolve4(name).then(toAddresses(4)),
    resolver.resolve6(name).then(toAddresses(6)),
  ]);
  clearTimeout(late);
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (addresses.length > 0) return hasIpv6() ? addresses.toReversed() : addresses;
  const codes = answers.map((answer) => (answer.status === 'rejected' ? String(answer.reason?.code) : ''));
  if (codes.includes('ENOTFOUND') || codes.every((code) => UNKNOWN.includes(code))) return 'unknown';
  return codes.some((code) => SILENCE.includes(code)) ? 'silence' : 'failure';
}

/** Whether this machine has an address of the public IPv6: then its addresses come first. Source: RFC 6724 §6. */
function hasIpv6(): boolean {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return own.some(({ address, internal }) => !internal && /^[23][0-9a-f]{3}:/i.test(address));
}
