import { control, serviceWithRole } from '#config';

/** 200 from the moment the port is open: for probes that unroute or restart, since the kit heals its parts itself. */
export const LIVE_PATH = serviceWithRole('public-port').readyPath;

/** 200 once the api takes work, whatever WhatsApp's state: for probes that only judge a deploy. */
export const READY_PATH = control.routes[0].prefix;
