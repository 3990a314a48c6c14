/** Second labels below which countries register names: `co.uk`, `com.au`. */
const SECOND_LEVEL = /^(?:[a-z]{2,3}|gov|info)$/;

/**
 * The part of a host name that one owner has registered, as far as its labels show: so one owner with a thousand names is
 * one holder of a limit. A guess is enough here, so the list of public suffixes is not worth a dependency.
 */
export function domainOf(name: string): string {
  const labels = name.replace(/\.$/, '').split('.');
  const [second = '', top = ''] = labels.slice(-2);
  const isCountry = top.length === 2 && SECOND_LEVEL.test(second);
  return labels.slice(isCountry ? -3 : -2).join('.');
}
