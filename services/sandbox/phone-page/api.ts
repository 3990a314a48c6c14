const API = '/sandbox/api';

export type Fields = Readonly<Record<string, unknown>>;

/** Asks the phone for something; throws its problem's detail. */
export async function get(path: string): Promise<unknown> {
  return read(await fetch(API + path));
}

export async function post(path: string, body: object = {}): Promise<unknown> {
  const response = await fetch(API + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return read(response);
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

export function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

/** The text of a field, empty when there is none. */
export function text(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

async function read(response: Response): Promise<unknown> {
  const answer: unknown = await response.json();
  if (response.ok) return answer;
  const { detail, title } = fieldsOf(answer);
  throw new Error(String(detail ?? title ?? `the phone answered ${response.status}`));
}
