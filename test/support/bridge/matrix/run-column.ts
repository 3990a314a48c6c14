import type { BridgeLimits } from '../../../../services/bridge/limits.ts';
import { CAPABILITIES } from '../../../../services/bridge/page/compat/capabilities.ts';
import { selectPage } from '../../sandbox/page-under-test.ts';
import { until } from '../../until.ts';
import { startWorld, type World } from '../world.ts';
import { type Cell, type Cells, EndedOtherwise } from './cells.ts';
import { type Column, expectedCells } from './columns.ts';
import type { Phase } from './contract.ts';
import { CONTRACTS } from './contracts.ts';
import { link } from './link.ts';
import type { FoundColumn } from './render.ts';
import { Scene } from './scene.ts';
import { runUnusable } from './unusable.ts';

/** No wait of the bridge ends before a slow machine is through. The watchdog steps in soon: one contract waits for that. */
const LIMITS: Partial<BridgeLimits> = {
  ...{ initMs: 60_000, readyMs: 60_000, callMs: 10_000, sendMs: 30_000, uploadMs: 60_000, ackWaitMs: 2_000 },
  ...{ pairingQuietMs: 0, ackTimeoutMs: 2_500, healStepMs: 30_000 },
};

/** Runs the contract of each capability through a bridge and a browser of its own. */
export async function runColumn(column: Column): Promise<FoundColumn> {
  const sinceMs = performance.now();
  const page = selectPage(column.page);
  await using world = await startWorld(page);
  await world.startBridge({ limits: { ...LIMITS, ...column.limits } });
  const run = new ContractRun(world, column);
  if (column.unusable === undefined) {
    await link(world, page.settings);
    await run.all();
  } else Object.assign(run.cells, await runUnusable(world, column.unusable));
  return { column, cells: run.cells, failures: run.failures, tookMs: performance.now() - sinceMs };
}

class ContractRun {
  readonly cells: Record<string, Cell> = {};
  readonly failures: Record<string, unknown> = {};
  readonly #world: World;
  readonly #page: string;
  readonly #breaks: readonly string[];
  readonly #expected: Cells;

  constructor(world: World, column: Column) {
    this.#world = world;
    this.#page = column.page;
    this.#breaks = column.breaks ?? [];
    this.#expected = expectedCells(column);
  }

  async all(): Promise<void> {
    await this.#untilReported();
    await Promise.all(this.#names('live').map((name) => this.#run(name)));
    const { pages } = this.#world.sandbox.phone;
    await until('no dialog lies over the page', () => pages.current?.isDialogOpen === false);
    const afterLoad = this.#names('reload');
    await Promise.all(afterLoad.map((name) => this.#prepare(name)));
    await this.#reload();
    await Promise.all(afterLoad.map((name) => this.#run(name)));
    for (const name of [...this.#names('alone'), ...this.#names('last')]) await this.#run(name);
  }

  /** Resolves when the bridge reports as broken what it should; fails when it reports anything else for good. */
  async #untilReported(): Promise<void> {
    const scene = this.#scene('');
    let broken: readonly string[] = [];
    await until(
      `the bridge reports as broken: ${this.#breaks}`,
      async () => {
        const { capabilities } = await scene.report();
        broken = capabilities.flatMap((row) => (row.state === 'broken' ? [row.capability] : []));
        return broken.toSorted().join() === this.#breaks.toSorted().join();
      },
      { more: () => `it reports: ${broken}` },
    );
  }

  /** The contracts of a phase that this page allows. What cannot be run has the cell that is expected. */
  #names(phase: Phase): string[] {
    const names = CAPABILITIES.map(({ name }) => name).filter((name) => CONTRACTS[name]?.phase === phase);
    const idle = (['none', 'broken'] as const).flatMap((cell) =>
      names.filter((name) => this.#expected[name] === cell).map((name) => [name, cell] as const),
    );
    for (const [name, cell] of idle) this.cells[name] = cell;
    return names.filter((name) => this.cells[name] === undefined);
  }

  async #prepare(name: string): Promise<void> {
    try {
      await CONTRACTS[name]?.prepare?.(this.#scene(name));
    } catch (error) {
      this.failures[name] = error;
    }
  }

  async #run(name: string): Promise<void> {
    const scene = this.#scene(name);
    try {
      await CONTRACTS[name]?.run(scene);
      const row = (await scene.report()).capabilities.find(({ capability }) => capability === name);
      if (row !== undefined) this.cells[name] = row.state;
    } catch (error) {
      if (error instanceof EndedOtherwise) this.cells[name] = error.cell;
      else this.failures[name] = error;
    }
  }

  async #reload(): Promise<void> {
    const { pages } = this.#world.sandbox.phone;
    const before = pages.current;
    await this.#world.misbehave('reload');
    await until('the page is loaded anew', () => pages.current !== undefined && pages.current !== before);
    await until('the session is ready again', async () => (await this.#world.status()).whatsapp_ready);
    await this.#untilReported();
  }

  #scene(name: string): Scene {
    return new Scene(this.#world, this.#page, name, this.#expected);
  }
}
