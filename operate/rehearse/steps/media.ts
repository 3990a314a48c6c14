import type { BridgeContent } from '../../../services/contract/content.ts';
import type { Step } from '../context.ts';
import { draft, send, untilAck } from '../sending.ts';
import { tinyDocument, tinyPicture, tinyVoice } from '../tiny-files.ts';

/** An image, a voice message and a document to oneself. */
export const media: Step = {
  name: 'media',
  title: 'an image, a voice message, a document',
  async run(context, findings) {
    const { bridge, clock, me } = context;
    for (const { name, file, types } of FILES) {
      const startedAt = clock.now();
      const message = draft(context, `the ${name}`, {
        chatId: me,
        content: { kind: 'media', ...file, data: file.data.toString('base64') },
      });
      const result = await send(context, findings, message);
      if (!result.isSent) continue;
      const answeredMs = Math.round(clock.now() - startedAt);
      const ack = await untilAck(context, message.stanzaId);
      const found = await bridge.message(message.stanzaId);
      findings.fact(name, {
        id_as_chosen: result.answer.messageId.includes(message.stanzaId),
        answered_after_ms: answeredMs,
        ack,
        type: found?.type ?? 'not found',
        has_media: found?.has_media ?? false,
      });
      if (ack < 1) findings.fails(`the ${name} is at ack ${ack}`);
      if (found === undefined) findings.fails(`the ${name} is not found afterwards`);
      else if (!types.includes(found.type) || !found.has_media)
        findings.differs(`the ${name} is of the type ${found.type}`);
    }
  },
};

interface TestFile {
  readonly name: string;
  readonly file: Omit<Extract<BridgeContent, { kind: 'media' }>, 'data' | 'kind'> & { readonly data: Buffer };
  /** The types that WhatsApp Web gives it. */
  readonly types: readonly string[];
}

const FILES: readonly TestFile[] = [
  {
    name: 'image',
    file: { mimetype: 'image/png', filename: 'rehearsal.png', data: tinyPicture() },
    types: ['image'],
  },
  {
    name: 'voice',
    file: { mimetype: 'audio/ogg; codecs=opus', data: tinyVoice(), as_voice: true },
    types: ['ptt'],
  },
  {
    name: 'document',
    file: { mimetype: 'text/plain', filename: 'rehearsal.txt', data: tinyDocument(), as_document: true },
    types: ['document'],
  },
];
