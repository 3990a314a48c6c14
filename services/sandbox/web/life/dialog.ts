import { tell } from '../phone-connection.ts';

/** Where the page keeps that the dialog was seen, in seconds. Source: `WAWebWWAINUXState` (jigger@0fbd5e1a). */
const SEEN_AT = 'WWAI_NUX_SEEN_AT';

let dialog: HTMLElement | undefined;

/**
 * Shows the dialog for new users over the page, unless it was acknowledged before. The page works on behind it.
 * Source: R#982, R#998 (rmyndharis/OpenWA), wwebjs#3550.
 */
export function showOnboarding(): void {
  if (dialog !== undefined || localStorage.getItem(SEEN_AT) !== null) return;
  dialog = document.createElement('div');
  dialog.setAttribute('role', 'dialog');
  dialog.setAttribute('aria-modal', 'true');
  const title = document.createElement('h1');
  title.textContent = 'What’s new on WhatsApp Web';
  const button = document.createElement('button');
  button.textContent = 'Continue';
  button.addEventListener('click', acknowledge);
  dialog.append(title, button);
  document.body.append(dialog);
  tell('dialog', { open: true });
}

export function isDialogOpen(): boolean {
  return dialog !== undefined;
}

/** A page that has logged out knows nothing of its user. */
export function forgetOnboarding(): void {
  localStorage.removeItem(SEEN_AT);
}

function acknowledge(): void {
  localStorage.setItem(SEEN_AT, String(Math.floor(Date.now() / 1000)));
  dialog?.remove();
  dialog = undefined;
  tell('dialog', { open: false });
}
