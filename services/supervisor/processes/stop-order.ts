import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from './service.ts';

/** What a stop needs of a service. */
export type Stoppable = Pick<Service, 'plan' | 'closed' | 'announceStop' | 'stop'>;

/** What a service is left of the drain budget at least, unless the topology says more. */
export const LEAST_STOP_MS = 500;
/** The first to go has closed by then, or does not say so: nginx does not. */
const CLOSES_WITHIN_MS = 1_500;

/**
 * One after the other, in the order of the topology; each leaves the later ones what they need at least. The later ones
 * are told at once that their turn comes, so that nobody waits in them for long: as soon as the first, which is the gate,
 * takes no new connections. All who have waited are answered then, and would come back to be reset as it closes.
 */
export async function stopInOrder(services: readonly Stoppable[], budgetMs: number): Promise<boolean> {
  const until = performance.now() + budgetMs;
  const leastOf = ({ plan }: Stoppable) => plan.declaration.leastStopMs ?? LEAST_STOP_MS;
  const needed = services.reduce((sum, service) => sum + leastOf(service), 0);
  const scale = Math.min(1, budgetMs / needed);
  void announceStop(services, Math.min(CLOSES_WITHIN_MS, budgetMs / 3));
  let inOrder = true;
  for (const [index, service] of services.entries()) {
    const reserved = services.slice(index + 1).reduce((sum, later) => sum + leastOf(later) * scale, 0);
    const left = Math.round(Math.max(leastOf(service) * scale, until - performance.now() - reserved));
    inOrder = (await service.stop(Math.min(left, service.plan.declaration.stopGraceMs))) && inOrder;
  }
  return inOrder;
}

async function announceStop([first, ...later]: readonly Stoppable[], withinMs: number): Promise<void> {
  await Promise.race([first?.closed, sleep(withinMs, undefined, { ref: false })]);
  for (const service of later) service.announceStop();
}
