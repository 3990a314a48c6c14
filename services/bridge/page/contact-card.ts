/**
 * A contact as a vCard 3.0 with one mobile number, which WhatsApp shows as one to write to.
 * Source: RFC 2426 (§2.1, §3.1.2 N, §5 for what is escaped); `waid` is WhatsApp's own parameter.
 */
export function contactCard(name: string, phoneDigits: string): string {
  const text = escapeText(name);
  return [
    'BEGIN:VCARD',
    'VERSION:3.0',
    // Family, given, additional, prefixes, suffixes: a name that nobody has taken apart is a given name.
    `N:;${text};;;`,
    `FN:${text}`,
    `TEL;type=CELL;type=VOICE;waid=${phoneDigits}:+${phoneDigits}`,
    'END:VCARD',
  ].join('\r\n');
}

function escapeText(text: string): string {
  return text.replace(/[\\;,]/g, '\\$&').replace(/\r\n|\r|\n/g, '\\n');
}
