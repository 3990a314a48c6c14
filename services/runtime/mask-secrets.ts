/** Names of parameters whose values are secrets, in lower case and without what is no letter or digit. */
const SECRET_NAME =
  /^(?:x?key|access(?:key|code)|secretkey|privatekey|authkey|appkey|auth|authorization|bearer|jwt|pass|pwd|sig|signature|credentials?)$|(?:apikey|apikeys|token|secret|password|passwd|passphrase)$/;
/** A parameter: what introduces it, and all up to the next one, to white space or to a quote. */
const PARAMETER = /([?&;#])([^?&;#\s"]+)/g;
const USER_OF_URL = /:\/\/[^/?#\s"]*@/g;
/** Percent signs may be encoded themselves, again and again. */
const MOST_DECODINGS = 4;

/**
 * Returns a text, such as a target or a line that quotes one, without the values of parameters that carry secrets,
 * however their names are written, and without the user of an absolute URL.
 */
export function maskSecrets(text: string): string {
  const shown = text.includes('@') ? text.replace(USER_OF_URL, '://[secret]@') : text;
  return shown.replace(PARAMETER, maskParameter);
}

/** Returns a function that takes values out of a text, in whatever mixture of percent-encoding they stand there. */
export function maskValues(values: readonly string[]): (text: string) => string {
  const patterns = values.filter((value) => value !== '').map((value) => [...value].map(inAnyForm).join(''));
  if (patterns.length === 0) return (text) => text;
  const any = new RegExp(patterns.join('|'), 'g');
  return (text) => text.replace(any, '[secret]');
}

function maskParameter(whole: string, introduction: string, parameter: string): string {
  const at = parameter.indexOf('=');
  const name = at < 0 ? parameter : parameter.slice(0, at);
  if (at >= 0 && isSecretName(name)) return `${introduction}${name}=[secret]`;
  if (!parameter.includes('%')) return whole;
  const decoded = decodeAll(parameter);
  // Where the sign before its value is encoded, or another URL stands in it.
  const parts = decoded.split(/[?&;#\s"]/).slice(at < 0 ? 0 : 1);
  if (!parts.some((part) => part.includes('=') && isSecretName(part.split('=')[0] ?? ''))) return whole;
  return at < 0 ? `${introduction}[secret]` : `${introduction}${name}=[secret]`;
}

function isSecretName(name: string): boolean {
  return SECRET_NAME.test(
    decodeAll(name)
      .toLowerCase()
      .replace(/[^a-z0-9]/g, ''),
  );
}

/** A wrong encoding stays as it is, and what is right beside it is decoded. */
function decodeAll(text: string): string {
  let decoded = text;
  for (let count = 0; count < MOST_DECODINGS && decoded.includes('%'); count += 1)
    decoded = decoded.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return decoded;
}

/** One character as itself, as JSON writes it, or encoded any number of times. */
function inAnyForm(character: string): string {
  const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
  const encoded = `%(?:25)*${[...hex].map((digit) => (/[a-f]/.test(digit) ? `[${digit}${digit.toUpperCase()}]` : digit)).join('')}`;
  const plain = /[A-Za-z0-9]/.test(character) ? character : `\\${character}`;
  const inJson = character === '"' || character === '\\' ? `\\\\?${plain}` : plain;
  return `(?:${inJson}|${encoded})`;
}
