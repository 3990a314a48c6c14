/** How near a bounded resource of a service is to its limit. Fit for strangers: a name and numbers only. */
export interface Pressure {
  /** The field's own name: `connections`, `body_memory`. */
  readonly resource: string;
  readonly used: number;
  readonly limit: number;
  /** Requests that were refused for it in the last minute. */
  readonly refused: number;
}

const MOST = 20;
/** From this part of its limit on, a resource counts as near the limit. */
const NEAR = 0.8;

/** The pressure of a resource; undefined while it is far from its limit and nothing was refused in the last minute. */
export function pressureOf(pressure: Pressure): Pressure | undefined {
  const { used, limit, refused } = pressure;
  return refused > 0 || used >= limit * NEAR ? pressure : undefined;
}

/** Reads what a service says of its resources; leaves out everything else. By hand: the supervisor has no parser. */
export function readPressures(value: unknown): Pressure[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MOST).flatMap((each: unknown) => {
    if (typeof each !== 'object' || each === null) return [];
    const { resource, used, limit, refused }: Record<string, unknown> = { ...each };
    const isNamed = typeof resource === 'string' && /^[a-z_]{1,40}$/.test(resource);
    if (!isNamed || typeof used !== 'number' || typeof limit !== 'number' || typeof refused !== 'number')
      return [];
    return [{ resource, used, limit, refused }];
  });
}
