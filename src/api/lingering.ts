/** Answers to requests whose body is refused before it was read to its end. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** A client that sends nothing for this time has read the answer, or never will, ms. */
const SILENCE_MS = 2_000;
const LONGEST_MS = 5_000;
/** What is read of a refused body at most, bytes. */
const MOST_BYTES = 134_217_728;
/** Refused bodies that are read at once; each holds a connection and no memory. */
const MOST_AT_ONCE = 128;

/** What ends the reading of each, oldest first. Of the process, as its connections are. */
const underWay = new Set<() => void>();

/** Whether more of the body may come. */
export function isBodyUnderWay({ complete, destroyed, headers }: IncomingMessage): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  // What is injected knows of no `complete`, and comes whole.
  return hasBody && complete === false && !destroyed;
}

/**
 * The text at once, and its end only when the rest of the body has been read and thrown away: a connection that is
 * closed with bytes unread is reset, and a client that is still sending never sees the answer. The answer has to tell
 * its content-length, by which the client knows that it is whole. A body that goes on beyond the bounds of time and
 * size loses its connection.
 */
export function untilBodyIsRead(text: string, response: ServerResponse): Readable {
  return Readable.from(parts(text, response), { objectMode: false });
}

async function* parts(text: string, response: ServerResponse): AsyncGenerator<string> {
  const { req: request } = response;
  yield text;
  if (!(await isReadWhole(request))) response.once('finish', () => request.socket.destroySoon());
}

function isReadWhole(request: IncomingMessage): Promise<boolean> {
  return new Promise((resolve) => {
    const mostBytesRead = request.socket.bytesRead + MOST_BYTES;
    const settle = (isWhole: boolean) => {
      clearTimeout(silence);
      clearTimeout(longest);
      underWay.delete(giveUp);
      resolve(isWhole);
    };
    const giveUp = () => settle(false);
    const silence = setTimeout(giveUp, SILENCE_MS);
    const longest = setTimeout(giveUp, LONGEST_MS);
    request
      .on('data', () => (request.socket.bytesRead > mostBytesRead ? giveUp() : silence.refresh()))
      .once('end', () => settle(true))
      .once('close', () => settle(request.complete));
    makeRoomFor(giveUp);
  });
}

function makeRoomFor(giveUp: () => void): void {
  underWay.add(giveUp);
  if (underWay.size <= MOST_AT_ONCE) return;
  const [giveUpOldest] = underWay;
  giveUpOldest?.();
}
