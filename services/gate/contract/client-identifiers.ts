/** Matches a request id that a trusted proxy may choose. */
export const REQUEST_ID = /^[A-Za-z0-9._:-]{8,128}$/;

/** Matches a trace that a trusted proxy may begin. Source: W3C Trace Context §3.2. */
export const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
