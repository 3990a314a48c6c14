import { z } from 'zod';
import { parse } from '../data.ts';

/** What was done about the dialogs that lie over the page. */
export interface DialogLook {
  /** The titles of those that were acknowledged. */
  readonly acknowledged: readonly string[];
  /** The titles of the others. */
  readonly left: readonly string[];
}

export function readDialogs(raw: unknown): DialogLook {
  return parse(dialogSchema, raw, 'list of dialogs');
}

const dialogSchema = z.object({ acknowledged: z.array(z.string()), left: z.array(z.string()) });

/** What the button says with which a user goes on, in the languages in which a browser may show the page. */
const CONTINUE = [
  ...[
    'Continue',
    'Continuar',
    'Continuer',
    'Weiter',
    'Continua',
    'Doorgaan',
    'Fortsätt',
    'Fortsett',
    'Fortsæt',
  ],
  ...[
    'Jatka',
    'Kontynuuj',
    'Pokračovat',
    'Folytatás',
    'Continuă',
    'Devam',
    'Devam et',
    'Lanjutkan',
    'Продолжить',
  ],
  ...[
    'Продовжити',
    'Συνέχεια',
    'המשך',
    'متابعة',
    'जारी रखें',
    '続ける',
    '続行',
    '继续',
    '繼續',
    '계속',
    'Tiếp tục',
  ],
];

/**
 * Acknowledges the dialog with which WhatsApp greets a new user, as the user would, and lists all others. Left alone, it
 * is reported to cost new accounts their link after five minutes.
 *
 * Only a dialog with one choice is touched: one button with words, which says that one goes on, perhaps a button without
 * words that closes it, and no field. A dialog in which something is chosen, confirmed or typed is never touched.
 * Source: `WAWebWhatsNewModal.react`, `WAWebModal.react` (jigger@0fbd5e1a); OpenWA#982, OpenWA#998; wwebjs#3550.
 */
export const ACKNOWLEDGE_DIALOGS = `(() => {
  const CONTINUE = ${JSON.stringify(CONTINUE.map((text) => text.toLowerCase()))};
  const wordsOf = (element) => (element.textContent ?? '').replace(/\\s+/g, ' ').trim();
  const look = { acknowledged: [], left: [] };
  const dialogs = [...document.querySelectorAll('[role="dialog"]')];
  for (const dialog of dialogs) {
    if (dialogs.some((other) => other !== dialog && dialog.contains(other))) continue;
    const heading = dialog.querySelector('h1, h2, [role="heading"], [data-testid="popup-title"]');
    const title = (wordsOf(heading ?? dialog) || dialog.getAttribute('aria-label') || 'without a title').slice(0, 80);
    const buttons = [...dialog.querySelectorAll('button, [role="button"]')];
    const choices = buttons.filter((button) => wordsOf(button) !== '' && !buttons.some((other) => other !== button && other.contains(button)));
    const hasField = dialog.querySelector('input, textarea, select, [contenteditable="true"], [role="checkbox"], [role="radio"], [role="switch"]') !== null;
    const [choice] = choices;
    if (choices.length === 1 && !hasField && CONTINUE.includes(wordsOf(choice).toLowerCase())) {
      choice.click();
      look.acknowledged.push(title);
    } else look.left.push(title);
  }
  return look;
})()`;
