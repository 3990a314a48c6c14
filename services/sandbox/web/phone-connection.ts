import { forPhone, fromPhone } from './people/addressing.ts';
import { type Fields, isRecord, recordOf } from './wire.ts';

/** What tells this load of the page from the one before a reload. */
const pageId = crypto.randomUUID();

export interface StreamHandlers {
  onCommand(command: Fields): Promise<unknown>;
  onLost(): void;
  onFound(): void;
}

/** Calls the phone; rejects when it cannot be reached or refuses. */
export async function call(what: string, body: object = {}): Promise<Fields> {
  const response = await fetch(`/stand-in/${what}?page=${pageId}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(forPhone(body)),
  });
  if (!response.ok) throw new Error(`phone refused ${what}: ${response.status}`);
  return recordOf(fromPhone(await response.json()));
}

let last: Promise<unknown> = Promise.resolve();

/** As `call`, once the phone has heard what was told before: at once, the browser would send it over several connections. */
export function callInTurn(what: string, body: object = {}): Promise<Fields> {
  const answer = last.then(() => call(what, body));
  last = answer.catch(() => undefined);
  return answer;
}

/** As `callInTurn`, for what nobody has to wait for: a failure is noted in the console. */
export async function tell(what: string, body: object = {}): Promise<void> {
  try {
    await callInTurn(what, body);
  } catch (error) {
    console.warn(`could not tell the phone ${what}: ${error}`);
  }
}

/** Notes something for whoever looks at the sandbox from outside. */
export function note(what: string, data?: unknown): void {
  tell('note', { what, data: data === undefined ? '' : String(data) });
}

/** Opens the stream of the phone's commands; resolves at its first opening. */
export function openStream(handlers: StreamHandlers): Promise<void> {
  const source = new EventSource(`/stand-in/stream?page=${pageId}`);
  source.onmessage = (event) => {
    const command = fromPhone(JSON.parse(String(event.data)));
    if (isRecord(command)) answer(command, handlers);
  };
  return new Promise((resolve) => {
    let isLost = false;
    source.onopen = () => {
      if (isLost) handlers.onFound();
      isLost = false;
      resolve();
    };
    source.onerror = () => {
      if (!isLost) handlers.onLost();
      isLost = true;
    };
  });
}

async function answer(command: Fields, handlers: StreamHandlers): Promise<void> {
  const { n } = command;
  try {
    const value = await handlers.onCommand(command);
    if (n !== undefined) tell('reply', { n, value: value ?? null });
  } catch (error) {
    console.warn(`command ${command.cmd} failed: ${error}`);
    if (n !== undefined) tell('reply', { n, error: String(error) });
  }
}
