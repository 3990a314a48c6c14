import { isErrorCode } from '../../../services/contract/errors.ts';
import { type Answer, jsonOf } from '../ask.ts';
import { type Finding, found } from '../check.ts';
import { judgeAnswer } from '../checks/public-address.ts';
import { type Context, createContext, type DoctorOptions } from '../context.ts';
import { targetOf } from '../examine.ts';
import { createRedact } from '../redact.ts';
import { exitCodeOf } from '../report.ts';
import { identifyResponder } from '../responder.ts';
import { redactFinding } from '../run-checks.ts';
import { remedyFor } from './remedies.ts';
import { messageSchema, type Trace, traceMessage } from './trace.ts';

/** What `gatehouse doctor message ID --json` prints. */
export interface MessageReport extends Partial<Trace> {
  readonly schema: 1;
  readonly id: string;
  readonly target: string;
  readonly at: string;
  readonly exit_code: 0 | 1 | 2;
  readonly finding: Finding;
}

/** Looks where a message is, through the public port. Never rejects for what it finds. */
export async function followMessage(id: string, options: DoctorOptions): Promise<MessageReport> {
  const context = createContext(options);
  const redact = createRedact([context.config, context.intended.config], {
    ...options.env,
    ...options.settings,
  });
  const answer = await context.ask(`/api/whatsapp/messages/${encodeURIComponent(id)}`);
  const now = new Date();
  const message = messageSchema.safeParse(jsonOf(answer));
  const seen: Trace | { readonly finding: Finding } =
    message.success && answer.kind === 'answer' && answer.status === 200
      ? traceMessage(message.data, now.getTime())
      : { finding: judgeNoMessage(answer, context) };
  const finding = redactFinding(seen.finding, redact);
  return {
    schema: 1,
    target: targetOf(options, redact),
    at: now.toISOString(),
    exit_code: exitCodeOf([finding]),
    ...seen,
    ...('id' in seen ? { status: redact(seen.status) } : {}),
    id: redact('id' in seen ? seen.id : id),
    finding,
  };
}

/** Why the question itself got no good answer. */
export function judgeNoMessage(
  answer: Answer,
  { origin, isLocal, keyWithheld }: Pick<Context, 'origin' | 'isLocal' | 'keyWithheld'>,
): Finding {
  const code =
    answer.kind === 'answer' && identifyResponder(answer).who === 'gatehouse'
      ? jsonOf(answer)?.code
      : undefined;
  if (answer.kind === 'none' || !isErrorCode(code)) {
    const [finding] = judgeAnswer(answer, { origin, isLocal });
    return finding === undefined || finding.severity === 'good'
      ? found(
          'error',
          'the answer is no message',
          'something else than the api of Gatehouse answers there',
          'check the address',
        )
      : {
          ...finding,
          evidence: finding.evidence.map((line) => line.replace('/health/live', 'of the message')),
        };
  }
  const evidence = [`${answer.status} ${code}`, ...(keyWithheld === undefined ? [] : [keyWithheld])];
  if (code === 'not_found')
    return found(
      'error',
      evidence,
      'not known here: removed after MESSAGES_KEEP_DAYS, or accepted by another deployment, or by another database',
      'check the id (the "id" of the answer to the send) and the address; GET /api/whatsapp/messages lists what is known',
    );
  if (code === 'key_missing' || code === 'key_invalid')
    return found(
      'error',
      evidence,
      'that kit wants a key of its API_KEYS',
      'API_KEYS=… gatehouse doctor message ID --url URL',
    );
  return found('error', evidence, 'the kit does not tell', remedyFor(code));
}
