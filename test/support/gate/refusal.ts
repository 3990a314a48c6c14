import assert from 'node:assert/strict';
import { ERRORS, isErrorCode } from '../../../services/contract/errors.ts';
import { PROBLEM_TYPE } from '../../../services/contract/problem.ts';
import { parseResponse, RawClient } from './test-gate.ts';

/** What a refusal says, in its head and in its body. */
export interface Refusal {
  readonly status: number;
  readonly type: string | undefined;
  readonly bodyStatus: unknown;
  readonly code: unknown;
  readonly title: unknown;
}

/** Sends bytes, and returns what the refusal says in its head and in its body. */
export async function refusalOf(port: number, bytes: string | Buffer): Promise<Refusal> {
  using client = new RawClient(port);
  const received = await client.send(bytes).until(/\r\n\r\n\{.*\}$/s);
  const { status, head, body } = parseResponse(received);
  const problem: unknown = JSON.parse(body);
  assert.ok(typeof problem === 'object' && problem !== null);
  const field = (name: string): unknown => Reflect.get(problem, name);
  const type = /^content-type: (.*?)\r?$/im.exec(head)?.[1];
  return { status, type, bodyStatus: field('status'), code: field('code'), title: field('title') };
}

/** What the refusal with a code must say. */
export function fitting(code: string): Refusal {
  assert.ok(isErrorCode(code), code);
  const { status, title } = ERRORS[code];
  return { status, type: PROBLEM_TYPE, bodyStatus: status, code, title };
}
