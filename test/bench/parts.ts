import { measureEvents } from './events.ts';
import type { Figure } from './figure.ts';
import { measureBodies } from './gate/bodies.ts';
import { measureGate } from './gate/gate.ts';
import { measureMemory } from './memory.ts';
import { measureStore } from './memory-store.ts';
import { measureOutbox } from './outbox.ts';
import { measureReaders } from './readers.ts';
import { measureReady } from './ready.ts';
import { measureRestart } from './restart.ts';
import { measureRestartUnderLoad } from './restart-load.ts';
import { measureSends } from './send.ts';
import { measureStart } from './start.ts';
import { measureWaiting } from './waiting.ts';

/** A part of the measurements that can run by itself. */
export interface Part {
  /** For --help. */
  readonly measures: string;
  /** What it runs that no package brings; `scripts/find-tools.sh` knows how to install each. */
  readonly programs: readonly string[];
  readonly needsBrowser: boolean;
  /** Yields each figure as soon as it is known. */
  measure(): AsyncGenerator<Figure>;
}

export const PARTS: Readonly<Record<string, Part>> = {
  start: {
    measures: 'from the start of the kit to /health/live',
    programs: [],
    needsBrowser: false,
    measure: measureStart,
  },
  ready: {
    measures: 'from the start of the kit to a session that is ready, and the self-test of the page in it',
    programs: [],
    needsBrowser: true,
    measure: measureReady,
  },
  memory: {
    measures: 'memory of supervisor, gate and api',
    programs: [],
    needsBrowser: true,
    measure: measureMemory,
  },
  restart: {
    measures: 'gate and api after kill -9',
    programs: [],
    needsBrowser: false,
    measure: measureRestart,
  },
  'restart-load': {
    measures: 'both gates and the api, ended under the load of 50 clients',
    programs: ['nginx'],
    needsBrowser: false,
    measure: measureRestartUnderLoad,
  },
  send: {
    measures: 'sends one after the other through the whole kit',
    programs: [],
    needsBrowser: true,
    measure: measureSends,
  },
  outbox: {
    measures: 'sends accepted per second, and the time to WhatsApp',
    programs: [],
    needsBrowser: true,
    measure: measureOutbox,
  },
  waiting: {
    measures: 'sends accepted per second while much waits, on both databases',
    programs: [],
    needsBrowser: false,
    measure: measureWaiting,
  },
  events: {
    measures: 'events to 100 readers of the stream',
    programs: [],
    needsBrowser: false,
    measure: measureEvents,
  },
  readers: {
    measures: 'sends while many streams of events are not read',
    programs: [],
    needsBrowser: false,
    measure: measureReaders,
  },
  'memory-store': {
    measures: 'the api with a million messages and events',
    programs: [],
    needsBrowser: false,
    measure: measureStore,
  },
  gate: {
    measures: 'both gates: rates, latency and memory, against other proxies',
    programs: ['nginx', 'wrk'],
    needsBrowser: false,
    measure: measureGate,
  },
  bodies: {
    measures: 'both gates: what a request with a body to your own service costs',
    programs: ['nginx'],
    needsBrowser: false,
    measure: measureBodies,
  },
};
