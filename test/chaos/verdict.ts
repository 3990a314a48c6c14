import { judgeAccounts } from './accounts/judge-accounts.ts';
import type { ChaosEvent } from './event-pages.ts';
import { type Facts, type Finding, found, type Received, SENT, type Stream, stanzaOf } from './facts.ts';
import { judgePeople } from './judge-people.ts';
import type { Hook } from './receiver.ts';
import type { Accepted } from './writers.ts';

/** All that does not hold; none is the proof. */
export function judge(facts: Facts): Finding[] {
  return [
    ...facts.refused.map(({ key, chatId, why }) => found(`never accepted: ${why}`, key, chatId)),
    ...(facts.accounts === undefined
      ? [...judgePhone(facts), ...judgeStates(facts), ...judgeFailures(facts)]
      : judgeAccounts(facts, facts.accounts)),
    ...judgePeople(facts),
    ...judgeLog(facts),
    ...facts.hooks.flatMap((hook) => judgeHook(hook, facts)),
    ...facts.streams.flatMap((stream) => judgeStream(stream, facts)),
    ...judgeProcesses(facts),
  ];
}

/** Each chat at the phone must be the chat as it was accepted: nothing lost, doubled, strange or out of order. */
function judgePhone(facts: Facts): Finding[] {
  const { accepted, received } = facts;
  const refused = new Set(failedRightly(facts).map(({ id }) => id));
  const chats = new Set(
    [...accepted, ...received].map((each) => ('chatId' in each ? each.chatId : each.chat_id)),
  );
  return [...chats].flatMap((chat) => [
    ...judgeChat(
      accepted.filter(({ chatId, id }) => chatId === chat && !refused.has(id)),
      received.filter(({ chat_id }) => chat_id === chat),
      facts,
    ),
  ]);
}

/** The messages that the server has refused for good, and that nobody got. */
function failedRightly({ accepted, received, refusedForGood, states }: Facts): readonly Accepted[] {
  const there = new Set(received.map(({ id }) => stanzaOf(id)));
  return accepted.filter(
    ({ id }) => refusedForGood.includes(id) && !there.has(id) && states.get(id)?.status === 'failed',
  );
}

function* judgeChat(
  accepted: readonly Accepted[],
  received: readonly Received[],
  { resists, passesDuplicates }: Facts,
): Generator<Finding> {
  // By id, and where the page chose the ids, the nth of a text is the nth of that text.
  const wanted = resists ? numbered(accepted.map(({ body }) => body)) : accepted.map(({ id }) => id);
  const got = resists ? numbered(received.map(({ body }) => body)) : received.map(({ id }) => stanzaOf(id));
  const count = Map.groupBy(got, (name) => name);
  for (const [index, name] of wanted.entries()) {
    const { body, id, key } = accepted[index] ?? { body: '', id: '', key: '' };
    const times = count.get(name)?.length ?? 0;
    if (times === 0) yield found(`lost: ${JSON.stringify(body)}`, id, key);
    if (times > 1) yield found(`doubled: ${JSON.stringify(body)} arrived ${times} times`, id, key);
    const there = received[got.indexOf(name)];
    if (there !== undefined && there.body !== body)
      yield found(`changed: ${JSON.stringify(body)} arrived as ${JSON.stringify(there.body)}`, id, key);
  }
  for (const [index, name] of got.entries()) {
    const { id = '', body = '', adds = 1, deliveries = 1 } = received[index] ?? {};
    if (!wanted.includes(name)) yield found(`nobody sent what arrived: ${JSON.stringify(body)}`, id);
    if (deliveries !== 1 && !passesDuplicates)
      yield found(`delivered ${deliveries} times: ${JSON.stringify(body)}`, stanzaOf(id));
    if (adds !== 1) yield found(`added ${adds} times by the page: ${JSON.stringify(body)}`, stanzaOf(id));
  }
  const there = new Set(got);
  const order = wanted.filter((name) => there.has(name));
  const known = new Set(wanted);
  const arrived = [...there].filter((name) => known.has(name));
  const wrong = order.findIndex((name, index) => name !== arrived[index]);
  if (wrong >= 0)
    yield found(
      `out of order: as message ${wrong} of ${accepted[0]?.chatId} ${arrived[wrong]} arrived in place of ${order[wrong]}`,
      ...[arrived[wrong], order[wrong]].flatMap((name) => name ?? []),
    );
}

function judgeStates(facts: Facts): Finding[] {
  const { accepted, states } = facts;
  const rightly = failedRightly(facts);
  return accepted.flatMap((message) => {
    const { id, key, body } = message;
    const status = states.get(id)?.status ?? 'unknown to the kit';
    if (SENT.includes(status) || rightly.includes(message)) return [];
    const why = status === 'failed' ? ', and nobody has refused it for good' : '';
    return [found(`is ${status}, not sent${why}: ${JSON.stringify(body)}`, id, key)];
  });
}

function judgeLog(facts: Facts): Finding[] {
  const { log, written, unwritten, elsewhere, accounts } = facts;
  const own = Map.groupBy(
    log.filter(({ type }) => type === 'message_sent'),
    ({ data }) => String(data.body),
  );
  const incoming = Map.groupBy(
    log.filter(({ type }) => type === 'message'),
    ({ data }) => String(data.body),
  );
  const bodies = new Set(written.map(({ body }) => body));
  return [
    ...unwritten.map((what) => found(`could not be written to the phone: ${what}`)),
    ...disordered(log.map(({ seq }) => seq)).map((seq) =>
      found(`the log gives event ${seq} out of order or twice`),
    ),
    ...written.flatMap(({ body, key, phone }) => {
      const times = incoming.get(body)?.length ?? 0;
      // What came to a phone just before it was unlinked waits for its next device.
      const mayWait = accounts !== undefined && phone !== accounts.present;
      return times === 1 || (times === 0 && mayWait)
        ? []
        : [found(`in the log ${times} times: ${JSON.stringify(body)}`, key, body)];
    }),
    ...elsewhere.flatMap(({ body, key }) => {
      const times = own.get(body)?.length ?? 0;
      return times === 1
        ? []
        : [found(`of another device, in the log ${times} times: ${JSON.stringify(body)}`, key, body)];
    }),
    ...[...incoming.keys()]
      .filter((body) => /^answer \d+ of person/.test(body) && !bodies.has(body))
      .map((body) => found(`in the log, but nobody wrote it: ${JSON.stringify(body)}`, body)),
  ];
}

function judgeFailures(facts: Facts): Finding[] {
  const rightly = new Set(failedRightly(facts).map(({ id }) => id));
  return facts.log
    .filter(({ type, data }) => type === 'message_failed' && !rightly.has(String(data.id)))
    .map(({ data }) => found(`given up: ${JSON.stringify(data)}`, String(data.id)));
}

/** Every event at least once, the first arrivals in the order of the log. */
function judgeHook({ name, types, arrivals }: Hook, { log, logBefore }: Facts): Finding[] {
  const wanted = behind(log, logBefore).filter(({ type }) => types?.includes(type) ?? true);
  const taken = new Set(arrivals.filter(({ wasTaken }) => wasTaken).map(({ seq }) => seq));
  const known = new Map(log.map((event) => [event.seq, event]));
  const firsts = [...new Set(arrivals.map(({ seq }) => seq))];
  return [
    ...wanted
      .filter(({ seq }) => !taken.has(seq))
      .map(({ seq, type }) => found(`webhook ${name} was not given event ${seq}, a ${type}`, `"seq":${seq}`)),
    ...disordered(firsts).map((seq) => found(`webhook ${name} was given event ${seq} out of order`)),
    ...firsts
      .filter((seq) => !known.has(seq) || !(types?.includes(known.get(seq)?.type ?? '') ?? true))
      .map((seq) => found(`webhook ${name} was given event ${seq}, which is not for it`)),
    ...arrivals
      .filter(({ isVerified }) => !isVerified)
      .map(({ seq }) => found(`webhook ${name} was given event ${seq} with a wrong signature`)),
  ];
}

/** A stream that is resumed gives each event exactly once. */
function judgeStream({ name, seqs }: Stream, { log, logBefore }: Facts): Finding[] {
  const got = new Set(seqs);
  return [
    ...behind(log, logBefore)
      .filter(({ seq }) => !got.has(seq))
      .map(({ seq, type }) => found(`the ${name} did not give event ${seq}, a ${type}`)),
    ...disordered(seqs).map((seq) => found(`the ${name} gave event ${seq} out of order or twice`)),
  ];
}

function judgeProcesses({ leftovers, failedServices, unaskedEnds }: Facts): Finding[] {
  return [
    ...leftovers.map((what) => found(`left behind: ${what}`)),
    ...failedServices.map((what) => found(`given up by the supervisor: ${what}`)),
    ...unaskedEnds.map((what) => found(`the kit ended by itself: ${what}`)),
  ];
}

function behind(log: readonly ChaosEvent[], seq: number): ChaosEvent[] {
  return log.filter((event) => event.seq > seq);
}

/** The numbers that are not higher than all before them. */
function disordered(seqs: readonly number[]): number[] {
  let highest = Number.NEGATIVE_INFINITY;
  return seqs.filter((seq) => {
    const isWrong = !(seq > highest);
    highest = Math.max(highest, seq);
    return isWrong;
  });
}

function numbered(texts: readonly string[]): string[] {
  const times = new Map<string, number>();
  return texts.map((text) => {
    const time = (times.get(text) ?? 0) + 1;
    times.set(text, time);
    return `${JSON.stringify(text)} (${time})`;
  });
}
