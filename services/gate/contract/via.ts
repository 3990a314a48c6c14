/** The name of the gate in `Via`, both ways. Source: RFC 9110 §7.6.3. */
export const VIA_NAME = 'gatehouse';

/** How often a request may have passed gates of this name before it is a loop. Source: RFC 9110 §7.6.3. */
export const MAX_PASSES = 4;
