export interface Address {
  readonly address: string;
  readonly family: number;
}

/** The addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly Address[]>;

/** The error of a name that DNS gave no answer for, with the code that `dns.lookup` gives it. */
export function noAnswer(name: string): Error {
  return Object.assign(new Error(`DNS gave no answer for ${name}`), { code: 'EAI_AGAIN', hostname: name });
}
