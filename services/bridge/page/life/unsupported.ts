/**
 * What the page says when WhatsApp does not support the browser: it has none of WhatsApp's modules then, and names the
 * browsers that it supports. Evaluates to that text, else to null. Source: wa-js@a3ed679e.
 */
export const READ_UNSUPPORTED = `(() => {
  if (document.readyState !== 'complete') return null;
  try {
    if (window.require('WAWebSocketModel')) return null;
  } catch {
    // Not there, as in a page that WhatsApp does not let start.
  }
  const text = (document.body?.innerText ?? '').replace(/\\s+/g, ' ').trim();
  return /Google Chrome/.test(text) ? text.slice(0, 200) : null;
})()`;
