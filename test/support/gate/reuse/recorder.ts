import { connect } from 'node:net';
import { startTcpService, type TcpService } from './tcp-service.ts';

/** A request as the gate sent it to a service, read strictly by its own framing. */
export interface SentRequest {
  readonly method: string;
  readonly target: string;
  readonly head: string;
}

/** A TCP relay in front of a service, which keeps what the gate sent on each connection. */
export interface Recorder extends TcpService {
  /** The requests of each connection that carried any, in the order in which they were sent. */
  readonly connections: SentRequest[][];
  forget(): void;
}

export async function startRecorder(service: { host: string; port: number }, port = 0): Promise<Recorder> {
  let sent: string[] = [];
  const relay = await startTcpService((gate) => {
    const index = sent.push('') - 1;
    const upstream = connect(service.port, service.host);
    gate.on('data', (bytes) => {
      sent[index] += bytes.toString('latin1');
    });
    upstream.on('error', () => upstream.destroy());
    upstream.on('close', () => gate.destroySoon());
    gate.on('close', () => upstream.destroy());
    gate.pipe(upstream).pipe(gate);
  }, port);
  return {
    ...relay,
    get connections() {
      return sent.map(readRequests).filter((requests) => requests.length > 0);
    },
    forget() {
      sent = sent.map(() => '');
    },
  };
}

function readRequests(text: string): SentRequest[] {
  const requests: SentRequest[] = [];
  let rest = text;
  while (rest.includes('\r\n\r\n')) {
    const bodyStart = rest.indexOf('\r\n\r\n') + 4;
    const head = rest.slice(0, bodyStart);
    const [method = '', target = ''] = head.split(' ');
    requests.push({ method, target, head });
    rest = rest.slice(bodyStart + bodyLength(head, rest.slice(bodyStart)));
  }
  return requests;
}

function bodyLength(head: string, text: string): number {
  if (/^transfer-encoding: *chunked\r$/im.test(head)) {
    const end = /^0\r\n\r\n/m.exec(text);
    return end === null ? text.length : end.index + end[0].length;
  }
  return Number(/^content-length: *(\d+)\r$/im.exec(head)?.[1] ?? 0);
}
