import { z } from 'zod';
import type { BridgeContent, MessageContent } from './content.ts';

/** What a kind of request needs of the page: the kind of its content, and `reply` where it answers a message. */
export type RequestKind = MessageContent['kind'] | 'reply';

/** `patched`: the page has changed, and the kit makes up for it. `broken`: what needs it is not done. */
export const compatStateSchema = z.enum(['ok', 'patched', 'broken']);
export type CompatState = z.infer<typeof compatStateSchema>;

const nameSchema = z.string().regex(/^[a-z_]{1,64}$/, 'must be a name of at most 64 lower-case letters');

/**
 * What the test of the page says of one capability. Names and kinds are read as text: the api and the bridge may be of
 * two releases.
 */
export const capabilityStateSchema = z.object({
  capability: nameSchema,
  state: compatStateSchema,
  /** Which module, export or check failed, or which patch is in use. */
  reason: z.string().max(1_000).optional(),
  /** The kinds of requests that need it. */
  kinds: z.array(nameSchema).max(64),
});
export type CapabilityState = z.infer<typeof capabilityStateSchema>;

/** `GET /compat` of the bridge: the newest test of the page. Without `tested_at`: no page has been tested yet. */
export const compatReportSchema = z.object({
  tested_at: z.iso.datetime().optional(),
  /** Of WhatsApp Web, as far as it is known. */
  page_version: z.string().optional(),
  /** How long the test took. */
  took_ms: z.number().int().min(0).optional(),
  capabilities: z.array(capabilityStateSchema),
});
export type CompatReport = z.infer<typeof compatReportSchema>;

/** The short form of the report, for `/status` and `/health`. */
export const compatSummarySchema = z.object({
  page_version: z.string().optional(),
  ok: z.number().int(),
  patched: z.number().int(),
  /** The names of the capabilities. */
  broken: z.array(z.string()),
});
export type CompatSummary = z.infer<typeof compatSummarySchema>;

/** Undefined before the first test. */
export function summaryOf({
  tested_at,
  page_version,
  capabilities,
}: CompatReport): CompatSummary | undefined {
  if (tested_at === undefined) return undefined;
  const inState = (state: CompatState) => capabilities.filter((row) => row.state === state);
  return {
    ...(page_version === undefined ? {} : { page_version }),
    ok: inState('ok').length,
    patched: inState('patched').length,
    broken: inState('broken').map(({ capability }) => capability),
  };
}

/** The kinds that one content is of. */
export function kindsOf(content: MessageContent | BridgeContent): readonly RequestKind[] {
  const isReply = 'reply_to' in content && content.reply_to !== undefined;
  return isReply ? [content.kind, 'reply'] : [content.kind];
}

/** The first broken capability that one of these kinds needs; undefined when there is none. */
export function obstacleFor(
  kinds: readonly string[],
  capabilities: readonly CapabilityState[],
): CapabilityState | undefined {
  return capabilities.find((row) => row.state === 'broken' && row.kinds.some((kind) => kinds.includes(kind)));
}
