import { TEXT_OF } from '../ids.ts';

/** The module of calls: a chunk of its own, which some pages load only when somebody calls. Source: wa-js#3567. */
export const CALL_MODULE = 'WAWebCallCollection';

/** An event of the kit's own name: the self-test proves by it that a call would be heard. Nobody else listens to it. */
export const CALL_PROBE = 'gatehouse:probe';

/**
 * Reports each incoming call through the library's own function, once the page has loaded the module. The library wraps
 * the collection's Map, but the page's own calls go past it: they become the active call at once.
 * Source: `WAWebCallCollection` setActiveCall, `WAWebVoipBridgeCallStateHandlers` setCallState (jigger@0fbd5e1a); wa-js#3567.
 */
export const LISTEN_TO_CALLS = `(() => {
  ${TEXT_OF}
  const known = new Set();
  const tell = (call) => {
    if (typeof call?.probe === 'function') return void call.probe();
    if (!call?.id || !call.peerJid || call.outgoing || known.has(call.id)) return;
    known.add(call.id);
    window.onIncomingCall?.({
      id: String(call.id),
      peerJid: textOf(call.peerJid),
      offerTime: call.offerTime,
      isVideo: Boolean(call.isVideo),
      isGroup: Boolean(call.isGroup),
      outgoing: false,
    });
  };
  const attach = () => {
    let calls;
    try {
      const found = window.require('${CALL_MODULE}');
      calls = typeof found?.on === 'function' ? found : found?.default;
    } catch {
      return false;
    }
    if (typeof calls?.on !== 'function') return false;
    calls.on('change:activeCall', tell);
    calls.on('${CALL_PROBE}', tell);
    const add = calls.add;
    if (typeof add === 'function')
      calls.add = Object.assign(function (...given) {
        const call = add.apply(this, given);
        tell(call);
        return call;
      }, { isHooked: true });
    // What made the page load the module may be a call.
    tell(calls.activeCall);
    for (const call of calls.getModelsArray?.() ?? []) tell(call);
    window.WWebJS.gatehouse = { ...window.WWebJS.gatehouse, isHearingCalls: true };
    return true;
  };
  if (attach()) return;
  const timer = setInterval(() => {
    if (attach()) clearInterval(timer);
  }, 500);
})()`;
