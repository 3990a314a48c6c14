import type { Report } from '../../operate/smoke/report.ts';
import { type SmokeOptions, smoke } from '../../operate/smoke/smoke.ts';
import { type Probe, probeRelease, readWhatsAppState } from './probe.ts';

/** What a deploy sees of the kit at its public address. Nothing of it rejects for what the kit does. */
export interface Outside {
  probe(url: string, until: 'open' | 'healthy'): Promise<Probe>;
  /** Undefined: the kit does not say. */
  whatsAppState(url: string): Promise<string | undefined>;
  smoke(url: string, options: SmokeOptions): Promise<Report>;
}

/** Looks by HTTP, as clients do. */
export const overHttp: Outside = { probe: probeRelease, whatsAppState: readWhatsAppState, smoke };
