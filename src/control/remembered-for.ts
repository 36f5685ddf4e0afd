import type { Clock } from '../models/ports.ts';

/** The answer of `compute`, computed anew once it is older than that, or when the clock was set back. */
export function rememberedFor<Value>(clock: Clock, seconds: number, compute: () => Value): () => Value {
  let known: { value: Value; atSeconds: number } | undefined;
  return () => {
    const now = clock.nowSeconds();
    if (known === undefined || now < known.atSeconds || now - known.atSeconds > seconds) {
      known = { value: compute(), atSeconds: now };
    }
    return known.value;
  };
}
