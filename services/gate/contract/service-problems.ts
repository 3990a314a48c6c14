import { type ErrorCode, KitError } from '../../contract/errors.ts';

/** The answer while a service accepts no connection. It names the service, and no address. */
export function serviceUnavailable(service: string): KitError {
  return new KitError('service_unavailable', `${service} is not accepting connections now`);
}

/** The answer when a service sends nothing in time. A cause goes into the log, and not to the client. */
export function serviceSilent(
  service: string,
  options?: ErrorOptions,
  code: ErrorCode = 'service_silent',
): KitError {
  return new KitError(code, `${service} did not answer in time`, options);
}
