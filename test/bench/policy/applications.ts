/** Small inputs of the policy benchmark. */
import { parseApplication } from '../../../bench/policy/applications/call-graph.ts';
import type { Application, Call } from '../../../bench/simulator/application.ts';

const CALL_HEADER = 'parentMS,childMS,parentOperation,childOperation,tag,service,step';
const PROFILE_HEADER = 'success,inflection,accy,a1,b1,a2,b2,tag,cpuInter,memInter';

/** Rows as "parent child tag chain step". */
export function callsCsv(...rows: readonly string[]): string {
  const lines = rows.map((row) => {
    const [parent, child, tag, chain, step] = row.split(' ');
    return `${parent},${child},GET /x,/y,${tag},${chain},${step}`;
  });
  return `${[CALL_HEADER, ...lines].join('\n')}\n`;
}

/** Rows as "tag inflection" (converged) or "tag inflection False". */
export function profilesCsv(...rows: readonly string[]): string {
  const lines = rows.map((row) => {
    const [tag, inflection, success = 'True'] = row.split(' ');
    return `${success},${inflection},0.8,1,2,3,4,${tag},0.4,800.0`;
  });
  return `${[PROFILE_HEADER, ...lines].join('\n')}\n`;
}

/** The same row three times: as many as a demand takes. */
export function thrice(row: string): string[] {
  return [row, row, row];
}

export const SOME_PROFILES = profilesCsv(...thrice('c_a 70'));

export function application(calls: string, profiles = SOME_PROFILES): Application {
  return parseApplication({ name: 'my-calls.csv', text: calls }, { name: 'my-profiles.csv', text: profiles });
}

/** The tree of a chain as text: `a[b ; c|d]` is a visit of a that calls b, then c and d together. */
export function treeText({ services, chains }: Application, chain = 'c'): string {
  const text = (call: Call): string => {
    const stages = call.stages.map((stage) => stage.map(text).join('|')).join(' ; ');
    return services[call.service]!.name + (stages === '' ? '' : `[${stages}]`);
  };
  return text(chains.find(({ name }) => name === chain)!.root);
}
