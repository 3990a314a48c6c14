import { type Facts, type Finding, found } from './facts.ts';

/** One chat for each person, and the same messages under each form in which the writers named the person. */
export function judgePeople({ people, accepted }: Facts): Finding[] {
  return people.flatMap(({ chatId, chats, byForm }) => {
    const wanted = accepted.filter((message) => message.chatId === chatId).map(({ id }) => id);
    return [
      ...(chats.length === 1
        ? []
        : [found(`${chatId} has ${chats.length} chats, not one: ${chats.join(', ')}`, chatId, ...chats)]),
      ...[...byForm].flatMap(([form, ids]) => {
        const odd = [
          ...wanted.filter((id) => !ids.includes(id)),
          ...ids.filter((id, index) => !wanted.includes(id) || ids.indexOf(id) !== index),
        ];
        if (odd.length > 0)
          return [
            found(`under ${form} the messages of ${chatId} lack or have too many: ${odd.join(', ')}`, ...odd),
          ];
        const wrong = wanted.findIndex((id, index) => id !== ids[index]);
        return wrong < 0
          ? []
          : [found(`under ${form} the messages of ${chatId} are in another order`, ids[wrong] ?? '')];
      }),
    ];
  });
}
