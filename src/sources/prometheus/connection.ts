import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { messageOf } from '../../models/errors.ts';
import type { PrometheusAccess, PrometheusSettings } from '../../models/prometheus-settings.ts';
import { Credentials } from './credentials.ts';
import { SourceFault } from './source-fault.ts';
import { WatchedFile } from './watched-file.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/**
 * One connection that is kept alive. node:https and not `fetch`: there an agent with our certificates would need the
 * package undici, and answers could not be bounded while they arrive.
 */
export class Connection {
  readonly #settings: PrometheusSettings;
  readonly #credentials: Credentials;
  readonly #tlsFiles: readonly (readonly [key: 'ca' | 'cert' | 'key', file: WatchedFile])[];
  #agent: HttpAgent | HttpsAgent | undefined;
  #tlsTexts = '';

  constructor(settings: PrometheusSettings) {
    this.#settings = settings;
    this.#credentials = new Credentials(settings.access);
    const { caFile, certFile, keyFile } = settings.access.tls;
    const files = [['ca', caFile] as const, ['cert', certFile] as const, ['key', keyFile] as const];
    this.#tlsFiles = files.flatMap(([key, path]) =>
      path === undefined ? [] : [[key, new WatchedFile(path)] as const],
    );
  }

  /** Posts a form. Throws a SourceFault when there is no whole answer in time, or one that is too large. */
  async post(path: string, form: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HttpAnswer> {
    const { timeout } = this.#settings;
    const deadline = deadlineOf(signal, timeout);
    try {
      return await this.#send(path, new URLSearchParams(form).toString(), deadline.signal);
    } catch (error) {
      if (deadline.isPast()) throw new SourceFault(`no answer within ${timeout} s`);
      throw new SourceFault(this.withoutSecrets(messageOf(error)));
    } finally {
      deadline.end();
    }
  }

  withoutSecrets(text: string): string {
    return this.#credentials.withoutSecrets(text);
  }

  close(): void {
    this.#agent?.destroy();
  }

  #send(path: string, body: string, signal: AbortSignal, isSecond = false): Promise<HttpAnswer> {
    const { url, maxAnswerBytes } = this.#settings;
    const headers = {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      ...this.#credentials.headers(),
    };
    const request = url.startsWith('https:') ? requestHttps : requestHttp;
    const agent = this.#currentAgent();
    return new Promise((resolve, reject) => {
      const sent = request(`${url}${path}`, { method: 'POST', headers, agent, signal }, (answer) => {
        readAnswer(answer, maxAnswerBytes).then(resolve, (error) => {
          sent.destroy();
          reject(error);
        });
      });
      sent.once('error', (error) => {
        // A kept connection may be closed on the other side just when it is used: that says nothing of the server.
        if (sent.reusedSocket && !isSecond && isReset(error)) resolve(this.#send(path, body, signal, true));
        else reject(error);
      });
      sent.end(body);
    });
  }

  #currentAgent(): HttpAgent | HttpsAgent {
    const options = { keepAlive: true, maxSockets: 1 };
    if (!this.#settings.url.startsWith('https:')) {
      this.#agent ??= new HttpAgent(options);
      return this.#agent;
    }
    const files = this.#tlsFiles.map(([key, file]) => [key, file.read()] as const);
    const texts = JSON.stringify(files);
    if (this.#agent === undefined || texts !== this.#tlsTexts) {
      this.#agent?.destroy();
      this.#agent = new HttpsAgent({
        ...options,
        ...Object.fromEntries(files),
        ...tlsOptions(this.#settings.access.tls),
      });
      this.#tlsTexts = texts;
    }
    return this.#agent;
  }
}

/**
 * A signal that fires with another one, or after some seconds. Not `AbortSignal.any`: on Node 20 a signal that lives
 * long keeps something of every one that was made of it.
 */
function deadlineOf(signal: AbortSignal, seconds: number) {
  const controller = new AbortController();
  let isPast = false;
  const abort = () => controller.abort(signal.reason);
  const timer = setTimeout(() => {
    isPast = true;
    controller.abort();
  }, seconds * 1000);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    isPast: () => isPast,
    /** To be called at the end: nothing is left on the other signal, and no timer. */
    end: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    },
  };
}

function isReset(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function tlsOptions({ insecure, serverName }: PrometheusAccess['tls']) {
  return { rejectUnauthorized: !insecure, ...(serverName !== undefined && { servername: serverName }) };
}

async function readAnswer(answer: IncomingMessage, maxBytes: number): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new SourceFault(`an answer of more than ${maxBytes} bytes (max_answer)`);
    chunks.push(chunk);
  }
  if (!answer.complete) throw new SourceFault('the answer broke off');
  return { status: answer.statusCode ?? 0, body: Buffer.concat(chunks) };
}
