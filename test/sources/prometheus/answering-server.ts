import {
  createServer as createHttp,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly query: string;
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly headers: IncomingMessage['headers'];
  /** Which connection it came over, counted from 1. */
  readonly connection: number;
}

export type Answering = (asked: Asked, response: ServerResponse) => void;

/** A server that speaks the HTTP API of Prometheus, or anything else: what it answers is up to the test. */
export class AnsweringServer {
  readonly #server: Server;
  readonly #scheme: string;
  readonly asked: Asked[] = [];
  answer: Answering = (_, response) => response.end(matrix([]));
  #connections = 0;

  private constructor(tls?: { cert: string; key: string }) {
    const handle = (request: IncomingMessage, response: ServerResponse) => this.#handle(request, response);
    this.#server = tls === undefined ? createHttp(handle) : createHttps(tls, handle);
    this.#scheme = tls === undefined ? 'http' : 'https';
    const numbers = new WeakMap<object, number>();
    this.#numberOf = (socket) => {
      const known = numbers.get(socket) ?? ++this.#connections;
      numbers.set(socket, known);
      return known;
    };
  }

  readonly #numberOf: (socket: object) => number;

  static async start(tls?: { cert: string; key: string }): Promise<AnsweringServer> {
    const server = new AnsweringServer(tls);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += chunk;
    const form = new URLSearchParams(body);
    const number = (name: string) => Number(form.get(name));
    const asked = {
      query: form.get('query') ?? '',
      start: number('start'),
      end: number('end'),
      step: number('step'),
      headers: request.headers,
      connection: this.#numberOf(request.socket),
    };
    this.asked.push(asked);
    this.answer(asked, response);
  }
}

export interface AnsweredSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values?: readonly (readonly [number, unknown])[];
  readonly histograms?: readonly (readonly [number, unknown])[];
}

export function matrix(result: readonly AnsweredSeries[], more: object = {}): string {
  return JSON.stringify({ status: 'success', data: { resultType: 'matrix', result }, ...more });
}

/** The same value at every point that was asked for. */
export function constant(
  asked: Asked,
  metric: Readonly<Record<string, string>>,
  value: unknown,
): AnsweredSeries {
  const values: [number, unknown][] = [];
  for (let at = asked.start; at <= asked.end; at += asked.step) values.push([at, value]);
  return { metric, values };
}
