import { fieldsOf, get } from './api.ts';
import { showChats } from './chats.ts';
import { showPolicy } from './controls.ts';
import { showDevice } from './device.ts';
import { hideProblem, showProblem } from './dom.ts';
import { showPhones, whenOwnerChosen } from './phones.ts';

// The phones in the browser: told by the stream that something changed, it looks again at what it shows.

let isShowing = false;
let isStale = false;

whenOwnerChosen(show);

const stream = new EventSource('/sandbox/api/stream');
stream.addEventListener('change', () => {
  show().catch(showProblem);
});
stream.onopen = hideProblem;
stream.onerror = () => showProblem('The sandbox cannot be reached; trying again.');

async function show(): Promise<void> {
  isStale = true;
  if (isShowing) return;
  isShowing = true;
  try {
    while (isStale) {
      isStale = false;
      const state = fieldsOf(await get('/state'));
      showPhones(state);
      showDevice(state);
      showPolicy(state);
      await showChats();
    }
  } finally {
    isShowing = false;
  }
}
