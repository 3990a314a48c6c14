/** The most loads of one look into a chat. The page gives 50 messages a load (`WAWebCollectionConstants`, jigger@0fbd5e1a). */
export const MOST_LOADS = 500;
/** After so many loads without a new message the page repeats itself. One may have been begun by somebody else. */
export const MOST_REPEATS = 3;

/**
 * For source text that runs in the page, after TEXT_OF (`ids.ts`): `loadEarlier(chat, isEnough)` loads earlier messages of a chat until
 * `isEnough(loaded)`, where `loaded` are those that it has loaded, oldest first. `isWhole` is false when it gave up: the
 * page gave the same messages again, or new ones without end. The page ends with none, or with undefined.
 * Source: `WAWebChatLoadMessages` (jigger@0fbd5e1a).
 */
export const LOAD_EARLIER = `
  const loadEarlier = async (chat, isEnough) => {
    const known = new Set(chat.msgs.getModelsArray().map((msg) => textOf(msg.id)));
    let loaded = [];
    let repeats = 0;
    for (let loads = 0; !isEnough(loaded); loads += 1) {
      if (loads === ${MOST_LOADS} || repeats === ${MOST_REPEATS}) return { loaded, isWhole: false };
      const earlier = await window.require('WAWebChatLoadMessages').loadEarlierMsgs({ chat });
      if (!earlier?.length) break;
      const fresh = earlier.filter((msg) => !known.has(textOf(msg.id)));
      repeats = fresh.length === 0 ? repeats + 1 : 0;
      for (const msg of fresh) known.add(textOf(msg.id));
      loaded = [...fresh, ...loaded];
    }
    return { loaded, isWhole: true };
  };`;
