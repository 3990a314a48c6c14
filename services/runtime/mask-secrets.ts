/** The query keys whose values are secrets, as alternatives of a pattern. */
export const SECRET_QUERY_KEYS = 'key|token|api_key|apikey|access_token|secret|password';

/** Returns a target without the values of query keys that carry secrets, and without the user of an absolute URL. */
export function maskSecrets(target: string): string {
  const path = target.startsWith('/') ? target : target.replace(/\/\/[^/?#]*@/, '//[secret]@');
  return path.includes('?') ? path.replace(SECRET_QUERY, '$1=[secret]') : path;
}

const SECRET_QUERY = new RegExp(`([?&](?:${SECRET_QUERY_KEYS}))=[^&#]*`, 'gi');
