/** How `/etc/resolv.conf` completes a short name. */
export interface SearchRules {
  readonly domains: readonly string[];
  /** A name with at least this many dots is first asked for as it is. */
  readonly ndots: number;
}

const MOST_NDOTS = 15;

/**
 * The rules in a `/etc/resolv.conf`. Without a list, the domain of this machine's own name is the list.
 * Source: resolv.conf(5).
 */
export function parseSearchRules(text: string, hostname: string): SearchRules {
  let domains = [hostname.replace(/^[^.]*\.?/, '')];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [key, ...values] = line.trim().split(/\s+/);
    if (key === 'search') domains = values;
    if (key === 'domain') domains = values.slice(0, 1);
    if (key !== 'options') continue;
    for (const value of values) ndots = Number(/^ndots:(\d{1,3})$/.exec(value)?.[1] ?? ndots);
  }
  const names = domains.map((domain) => domain.replace(/\.$/, '')).filter((domain) => domain !== '');
  return { domains: names, ndots: Math.min(ndots, MOST_NDOTS) };
}

/**
 * The full names that a name may stand for, in the order in which to ask for them. Node's resolver asks for a name as it
 * is, so n8n or PostgreSQL under a short name of Docker or Kubernetes would not be found without this.
 */
export function fullNames(name: string, { domains, ndots }: SearchRules): string[] {
  if (name.endsWith('.')) return [name];
  const completed = domains.map((domain) => `${name}.${domain}`);
  const dots = name.split('.').length - 1;
  return dots >= ndots ? [name, ...completed] : [...completed, name];
}
