import type { Component } from './program.ts';
import type { Budget } from './shape-candidates.ts';
import { reshape } from './shape-search.ts';
import { isFree, type Shaping } from './shaping.ts';

const STEPS = 100_000;
const WHOLE = 8;

export function polish(shaping: Shaping): void {
  const budget: Budget = { left: STEPS };
  for (const component of shaping.compiled.program.components) polishComponent(shaping, component, budget);
}

function polishComponent(shaping: Shaping, component: Component, budget: Budget): void {
  const free: number[] = [];
  for (let s = component.firstService; s < component.endService; s++) {
    if (isFree(shaping.compiled, s)) free.push(s);
  }
  if (free.length > 0 && free.length <= WHOLE) reshape(shaping, free, budget);
}
