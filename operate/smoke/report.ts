import { z } from 'zod';

/** What is looked at, in the order in which it is told. */
export const rowNames = [
  'answers',
  'redirect',
  'tls',
  'release',
  'health',
  'any-host',
  'keys',
  'refusals',
  'internal-paths',
  'internal-ports',
  'events',
  'websocket',
  'send',
  'latency',
  'still-answers',
] as const;
export type RowName = (typeof rowNames)[number];

/** `failed` always has a cause and a remedy; `skipped` was not looked at, and its evidence says why. */
export const rowSchema = z.strictObject({
  name: z.enum(rowNames),
  state: z.enum(['passed', 'failed', 'warned', 'skipped']),
  evidence: z.string(),
  cause: z.string().optional(),
  remedy: z.string().optional(),
});
export type Row = z.infer<typeof rowSchema>;

const spread = z.strictObject({ p50_ms: z.number(), p95_ms: z.number(), count: z.number() });

/** What `gatehouse smoke --json` prints, as one document. */
export const reportSchema = z.strictObject({
  /** Where it was looked at in the end: redirects of the same host are followed. */
  url: z.string(),
  /** Nothing failed. */
  ok: z.boolean(),
  rows: z.array(rowSchema),
  /** Of GET /health/live over kept connections, and of opening a connection, TLS included. */
  latency: z.strictObject({ live: spread, connect: spread }).optional(),
  took_ms: z.number(),
});
export type Report = z.infer<typeof reportSchema>;
export type Latency = NonNullable<Report['latency']>;

export function passed(name: RowName, evidence: string): Row {
  return { name, state: 'passed', evidence };
}

export function skipped(name: RowName, why: string): Row {
  return { name, state: 'skipped', evidence: why };
}

export function warned(name: RowName, evidence: string, cause: string, remedy: string): Row {
  return { name, state: 'warned', evidence, cause, remedy };
}

export function failed(name: RowName, evidence: string, cause: string, remedy: string): Row {
  return { name, state: 'failed', evidence, cause, remedy };
}
