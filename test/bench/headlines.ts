/** The figures that the README shows, by their names. Each pattern names at least one figure of a whole run. */
export const HEADLINES: readonly RegExp[] = [
  /^start to /,
  /^memory of supervisor/,
  /back after kill -9/,
  /^(?:node|nginx) gate, longest wait /,
  /^sequential sends /,
  /^from a send to WhatsApp's server/,
  /^sends accepted, /,
  /^events to /,
  /^memory of the api with /,
  / gate, (?:200 bytes of JSON|100 MB downloads), .* against (?:http-proxy-middleware|minimal nginx)$/,
  / gate, memory /,
];
