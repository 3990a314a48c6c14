import type { PortName, Row, Table } from '../answers/row.ts';

const TO = '15550110060@c.us';

/** Requests to the internal ports. Each is made without the internal secret, with a wrong one, and with the right one. */
const REQUESTS: readonly (Partial<Row> & { readonly port: PortName; readonly path: string })[] = [
  { port: 'WHATSAPP_BRIDGE_PORT', path: '/health' },
  { port: 'WHATSAPP_BRIDGE_PORT', path: '/status', isOpaque: true },
  { port: 'WHATSAPP_BRIDGE_PORT', path: '/qr' },
  { port: 'WHATSAPP_BRIDGE_PORT', path: '/chats?limit=1', isOpaque: true },
  { port: 'WHATSAPP_BRIDGE_PORT', path: '/chats?limit=x' },
  { port: 'WHATSAPP_BRIDGE_PORT', path: '/chats/15550119999@c.us/messages' },
  { port: 'WHATSAPP_BRIDGE_PORT', path: '/messages/3EB0000000000000000000' },
  { port: 'WHATSAPP_BRIDGE_PORT', path: '/nothing' },
  { port: 'WHATSAPP_BRIDGE_PORT', path: '/send' },
  { port: 'WHATSAPP_BRIDGE_PORT', path: '/send', method: 'POST', body: { chatId: TO, message: 'inside' } },
  { port: 'WHATSAPP_BRIDGE_PORT', path: '/send', method: 'POST', body: { chatId: '', more: 1 } },
  { port: 'WHATSAPP_BRIDGE_PORT', path: '/send', method: 'POST', body: '{' },
  {
    port: 'WHATSAPP_BRIDGE_PORT',
    path: '/send',
    method: 'POST',
    body: 'x',
    headers: { 'content-type': 'text/plain' },
  },
  { port: 'WHATSAPP_BRIDGE_PORT', path: '/pairing-code', method: 'POST', body: { phoneNumber: 'x' } },
  { port: 'API_PORT', path: '/internal/ready' },
  { port: 'API_PORT', path: '/internal/events', method: 'POST', body: { events: [] } },
  { port: 'API_PORT', path: '/internal/events' },
  { port: 'API_PORT', path: '/health', isOpaque: true },
  { port: 'API_PORT', path: '/api/whatsapp/messages?chat_id=15550119999' },
  { port: 'API_PORT', path: '/nothing' },
  { port: 'CONTROL_PORT', path: '/health' },
  { port: 'CONTROL_PORT', path: '/health', method: 'HEAD' },
  { port: 'CONTROL_PORT', path: '/health', method: 'POST' },
  { port: 'CONTROL_PORT', path: '/nothing' },
  { port: 'SANDBOX_PORT', path: '/sandbox/api/health' },
  { port: 'SANDBOX_PORT', path: '/sandbox/api/messages?chat_id=15550119999' },
];
const SECRETS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'without the secret': {},
  'with a wrong secret': { 'x-gatehouse-secret': 'x'.repeat(64) },
  'with the secret': { 'x-gatehouse-secret': '{secret}', 'x-api-key': '{apiKey}' },
};

/** The internal ports, which the public port must never reach. */
export const inside: Table = {
  area: 'inside',
  rows: Object.entries(SECRETS).flatMap(([how, headers]) =>
    REQUESTS.map((request, index): Row => {
      const { port, path, method = 'GET' } = request;
      return {
        ...request,
        name: `${index + 1}. ${method} ${path} at ${port} ${how}`,
        headers: { ...request.headers, ...headers },
      };
    }),
  ),
};
