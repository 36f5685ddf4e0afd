import type { KnownCall } from '../policy.ts';

/** Services in sequence, by index. */
export type Way = readonly number[];
/** Ways in parallel. */
export type ParallelWays = readonly Way[];

/**
 * A tree of calls as `chains.<name>.stages` has it: stages in sequence, ways in parallel, each visit exactly once. What
 * the root calls alone, and what that calls, are stages of their own. Of calls in parallel each is a way; where one of them
 * calls in parallel again the longest goes on in its way, and the others are ways beside it.
 */
export function stagesOf(call: KnownCall): readonly ParallelWays[] {
  return [[[call.service]], ...call.stages.flatMap(stagesOfCalls)];
}

function stagesOfCalls(calls: readonly KnownCall[]): readonly ParallelWays[] {
  return calls.length === 1 ? stagesOf(calls[0]!) : [calls.flatMap(waysOf)];
}

/** The longest way through a call first, then those beside it. */
function waysOf(call: KnownCall): ParallelWays {
  const main = [call.service];
  const beside: Way[] = [];
  for (const calls of call.stages) {
    const [longest, ...others] = calls.map(waysOf).sort((left, right) => right[0]!.length - left[0]!.length);
    main.push(...(longest?.[0] ?? []));
    beside.push(...(longest?.slice(1) ?? []), ...others.flat());
  }
  return [main, ...beside];
}
