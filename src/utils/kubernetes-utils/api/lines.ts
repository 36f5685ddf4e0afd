/** The lines of an answer as they come. Throws when the connection breaks in the middle of it. */
export async function* linesOf(response: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw new Error(`a line of more than ${LONGEST_LINE} characters`);
    yield* lines.filter((line) => line !== '');
  }
  if (rest !== '') yield rest;
}

/** No object of the API is as large: etcd takes 1.5 MiB. */
const LONGEST_LINE = 16 * 1024 * 1024;
