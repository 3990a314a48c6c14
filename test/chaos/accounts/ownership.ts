import type { Accepted } from '../writers.ts';

/** From this moment on (Unix time in ms), what the kit accepts belongs to one of these accounts: digits. */
export interface Mark {
  readonly at: number;
  readonly candidates: readonly string[];
}

/** What the operator chose while another account than before was linked, and when the kit carried it out: Unix time in ms. */
export interface Decision {
  readonly decision: 'adopt' | 'cancel';
  /** The account that was linked: digits. */
  readonly to: string;
  readonly from: number;
  readonly until: number;
}

/** What a run knows of its accounts by what it did itself. */
export interface AccountFacts {
  readonly marks: readonly Mark[];
  readonly decisions: readonly Decision[];
  /** The account that is linked at the end, or was linked last. */
  readonly present: string;
}

/** When a message was accepted: between the first request and the answer. */
export type Acceptance = Pick<Accepted, 'at' | 'askedAt'>;

/** Keeps which account is linked, as the scenario links and decides. */
export class Accounts implements AccountFacts {
  readonly marks: Mark[] = [];
  readonly decisions: Decision[] = [];
  present: string;

  constructor(first: string) {
    this.present = first;
    this.mark(first);
  }

  /** From now on, what is accepted belongs to one of these. Several, while the kit may not have noticed a change yet. */
  mark(...candidates: string[]): void {
    this.marks.push({ at: Date.now(), candidates: [...new Set(candidates)] });
  }
}

/** The accounts to one of which the message belonged at a moment. Empty: it was canceled, if it had not been sent before. */
export function ownersAt(
  { marks, decisions }: AccountFacts,
  { at, askedAt }: Acceptance,
  moment: number,
): ReadonlySet<string> {
  const since = Date.parse(askedAt ?? at);
  const accepted = Date.parse(at);
  const first = marks
    .filter(
      (mark, index) => mark.at <= accepted && (marks[index + 1]?.at ?? Number.POSITIVE_INFINITY) >= since,
    )
    .flatMap(({ candidates }) => candidates);
  let owners = new Set(first);
  for (const { decision, to, from, until } of decisions) {
    if (until < since || from > moment) continue;
    const after = decision === 'adopt' ? [to] : [...owners].filter((owner) => owner === to);
    // It may not have been accepted yet, or not have been its turn.
    const isOver = moment > until && accepted < from;
    owners = new Set(isOver ? after : [...owners, ...after]);
  }
  return owners;
}

/** The decisions that may have been about a message: it may have belonged to another account than the one that was linked. */
export function decisionsAbout(facts: AccountFacts, message: Acceptance): Decision[] {
  return facts.decisions.filter(
    ({ to, from, until }) =>
      until >= Date.parse(message.askedAt ?? message.at) &&
      [...ownersAt(facts, message, from - 1)].some((owner) => owner !== to),
  );
}
