/** Clients that a well-behaved library would not be. */
import { connect, type Socket } from 'node:net';

export interface RawClient {
  readonly socket: Socket;
  /** Everything that came, once the connection has ended. */
  readonly answer: Promise<string>;
}

/** Sends the text as it is and keeps the connection open. */
export function rawClient(url: string, text: string): RawClient {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let came = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    came += chunk;
  });
  // What the server resets has ended too.
  socket.on('error', () => undefined);
  const answer = new Promise<string>((resolve) => socket.once('close', () => resolve(came)));
  socket.write(text);
  return { socket, answer };
}

/** Sends one more byte each so often, until the connection ends. */
export function trickle({ socket }: RawClient, byte: string, everyMs: number): void {
  const timer = setInterval(() => socket.write(byte), everyMs);
  socket.once('close', () => clearInterval(timer));
}

export const SLOW_HEADERS = 'GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ';

export function postHead(type: string, headers: string): string {
  return `POST /requests HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\n${headers}\r\n\r\n`;
}

/** Head and body of what was answered. */
export function parsedAnswer(text: string): { status: number; type: string | undefined; body: unknown } {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]),
    type: /^content-type: (.*)$/im.exec(head)?.[1],
    body: body === '' ? undefined : JSON.parse(body),
  };
}
