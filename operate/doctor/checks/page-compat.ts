import { z } from 'zod';
import { type CapabilityState, compatReportSchema } from '../../../services/contract/compat.ts';
import { jsonOf } from '../ask.ts';
import { type Check, type Finding, found, good } from '../check.ts';

const reportSchema = compatReportSchema.extend({ held_messages: z.number().optional() });
export type PageReport = z.infer<typeof reportSchema>;

/** Without these, nothing is sent or nothing is heard, whatever the kind. */
const VITAL = ['acks', 'inbound'];

/** What this version of WhatsApp Web breaks. */
export const pageCompat: Check = {
  id: 'whatsapp-page',
  title: 'WhatsApp page',
  group: 'WhatsApp',
  where: 'both',
  finds: 'messages of one kind wait with `page_incompatible`: WhatsApp has changed its page',
  run: async ({ ask }) => {
    const report = reportSchema.safeParse(jsonOf(await ask('/api/whatsapp/compat')));
    return report.success ? judgePage(report.data) : []; // "WhatsApp session" and "Outbox" say why not.
  },
};

export function judgePage(report: PageReport): Finding[] {
  const { tested_at, page_version = 'unknown', capabilities, held_messages = 0 } = report;
  if (tested_at === undefined) return [];
  const broken = capabilities.filter(({ state }) => state === 'broken');
  const patched = capabilities.filter(({ state }) => state === 'patched').map(({ capability }) => capability);
  const evidence = `version ${page_version}, tested at ${tested_at}`;
  if (broken.length === 0)
    return good(patched.length === 0 ? evidence : `${evidence}; patched: ${patched.join(', ')}`);
  return broken.map((row) => judgeBroken(row, evidence, held_messages));
}

function judgeBroken({ capability, reason, kinds }: CapabilityState, seen: string, held: number): Finding {
  const evidence = [
    `${capability} is broken${reason === undefined ? '' : `: ${reason}`}`,
    ...(kinds.length === 0 ? [] : [`held: ${kinds.join(', ')}; ${held} messages wait in all`]),
    seen,
  ];
  const update = 'update the kit; a later page may also restore it';
  if (VITAL.includes(capability))
    return found('error', evidence, 'the session cannot work with this version of WhatsApp Web', update);
  return kinds.length === 0
    ? found('warning', evidence, 'this version of WhatsApp Web lacks what the kit uses for it', update)
    : found(
        'error',
        evidence,
        'this version of WhatsApp Web lacks what these requests need; all others go on',
        `${update}; held messages go out by themselves then, or DELETE /api/whatsapp/messages/{id} cancels them`,
      );
}
