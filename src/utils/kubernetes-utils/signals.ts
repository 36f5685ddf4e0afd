/**
 * Acts with a signal that is aborted as soon as one of these is, and leaves nothing on them afterwards:
 * `AbortSignal.any` keeps an entry of every call on signals that live as long as the daemon (Node 20).
 */
export async function withAnyOf<T>(
  signals: readonly (AbortSignal | undefined)[],
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  const abort = () => own.abort();
  const given = signals.filter((signal) => signal !== undefined);
  if (given.some(({ aborted }) => aborted)) abort();
  for (const signal of given) signal.addEventListener('abort', abort, { once: true });
  try {
    return await act(own.signal);
  } finally {
    for (const signal of given) signal.removeEventListener('abort', abort);
  }
}
