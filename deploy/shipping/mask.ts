const MASK = '***';
/** Parts of a secret that are shorter are no secret by themselves, and would mask half of every line. */
const LEAST_PART_CHARS = 8;

/** Text with every secret in it replaced, also where one begins within another. */
export function mask(text: string, secrets: readonly string[]): string {
  const ranges = secrets.flatMap((secret) => rangesOf(text, secret)).sort(([left], [right]) => left - right);
  let masked = '';
  let shownUntil = 0;
  for (const [from, to] of ranges) {
    if (to <= shownUntil) continue;
    masked += from < shownUntil ? '' : text.slice(shownUntil, from) + MASK;
    shownUntil = to;
  }
  return masked + text.slice(shownUntil);
}

function rangesOf(text: string, secret: string): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  if (secret === '') return ranges;
  for (let from = text.indexOf(secret); from >= 0; from = text.indexOf(secret, from + 1))
    ranges.push([from, from + secret.length]);
  return ranges;
}

/** A word for a shell, masked before it is quoted: quotes would tear a secret apart, and hide it from the mask. */
export function quoteMasked(word: string, secrets: readonly string[]): string {
  const masked = mask(word, secrets);
  return /^[\w@%+=:,./-]+$/.test(masked) ? masked : `'${masked.replaceAll("'", `'\\''`)}'`;
}

/** What must not be shown of secret values: they themselves, each of a list of keys, and the password in a URL. */
export function secretTexts(secrets: Readonly<Record<string, string>>): string[] {
  return Object.values(secrets).flatMap((secret) => [
    secret,
    ...[...secret.split(','), ...passwordsOf(secret)].filter((part) => part.length >= LEAST_PART_CHARS),
  ]);
}

function passwordsOf(secret: string): string[] {
  const url = URL.parse(secret);
  return url === null ? [] : [url.password, decodeOrKeep(url.password)];
}

function decodeOrKeep(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A percent sign of its own.
  }
}

/** Masks what comes in pieces, line by line: a secret may be torn by the end of a piece. */
export function maskLines(
  secrets: readonly string[],
  write: (text: string) => void,
): { push(text: string): void; end(): void } {
  let rest = '';
  return {
    push(text) {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) write(`${mask(line, secrets)}\n`);
    },
    end() {
      if (rest !== '') write(mask(rest, secrets));
      rest = '';
    },
  };
}
