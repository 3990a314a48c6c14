import { KitError } from '../../contract/errors.ts';
import type { GateRoute } from '../contract/options.ts';

/** Routes with the longest prefix first, so that the first match is the right one. */
export function orderRoutes(routes: readonly GateRoute[]): readonly GateRoute[] {
  return [...routes].sort((left, right) => right.prefix.length - left.prefix.length);
}

/** The route of a canonical path among ordered routes. Throws `route_unknown`: what no route names is not reachable. */
export function findRoute(ordered: readonly GateRoute[], path: string): GateRoute {
  for (const route of ordered) {
    if (route.exact ? path === route.prefix : isBelow(path, route.prefix)) return route;
  }
  throw new KitError('route_unknown', 'no service answers this path');
}

/** Whether a path is the prefix itself or lies below it, on a segment boundary: `/api` covers `/api/x`, not `/apix`. */
export function isBelow(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return path.length === prefix.length || prefix.endsWith('/') || path[prefix.length] === '/';
}
