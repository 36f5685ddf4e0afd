const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Aborted by the first signal that asks this process to end, so that it can still end what it has started. */
export function interruption(): AbortSignal {
  const interrupted = new AbortController();
  for (const signal of SIGNALS) process.once(signal, () => interrupted.abort());
  return interrupted.signal;
}
