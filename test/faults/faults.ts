import { faults as api } from './api.ts';
import type { Fault } from './fault.ts';
import { faults as gate } from './gate.ts';
import { faults as page } from './page.ts';
import { faults as people } from './people.ts';
import { faults as processes } from './processes.ts';
import { faults as shared } from './shared.ts';

/** Every fault. */
export const faults: readonly Fault[] = [...gate, ...api, ...people, ...page, ...processes, ...shared];
