import type { Service } from './service.ts';

/** What a service is left of the drain budget at least, unless the topology says more. */
export const LEAST_STOP_MS = 500;

/** One after the other, in the order of the topology; each leaves the later ones what they need at least. */
export async function stopInOrder(services: readonly Service[], budgetMs: number): Promise<boolean> {
  const until = performance.now() + budgetMs;
  const leastOf = ({ plan }: Service) => plan.declaration.leastStopMs ?? LEAST_STOP_MS;
  const needed = services.reduce((sum, service) => sum + leastOf(service), 0);
  const scale = Math.min(1, budgetMs / needed);
  let inOrder = true;
  for (const [index, service] of services.entries()) {
    const reserved = services.slice(index + 1).reduce((sum, later) => sum + leastOf(later) * scale, 0);
    const left = Math.round(Math.max(leastOf(service) * scale, until - performance.now() - reserved));
    inOrder = (await service.stop(Math.min(left, service.plan.declaration.stopGraceMs))) && inOrder;
  }
  return inOrder;
}
