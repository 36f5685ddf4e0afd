import { describe, expect, it } from 'vitest';
import type { ServiceMode, Topology } from '../../src/models/data-models.ts';
import { inPlaceParts } from '../../src/models/in-place.ts';
import { chainSpec, line, spec } from '../components/resource-allocator/fixtures.ts';

/** Services by mode; every chain is named by the services that it passes through, in sequence. */
function parts(modes: Readonly<Record<string, ServiceMode>>, ...chains: string[]) {
  const topology: Topology = {
    services: new Map(
      Object.entries(modes).map(([id, mode]) => [
        id,
        spec(
          id,
          chains.filter((chain) => chain.includes(id)),
          { mode },
        ),
      ]),
    ),
    chains: new Map(chains.map((id) => [id, chainSpec(id, 0.2, line(...id))])),
  };
  const found = inPlaceParts(topology);
  expect(inPlaceParts(topology)).toBe(found);
  return { services: [...found.services], chains: [...found.chains] };
}

describe('what is steered in place as one', () => {
  it('is everything where every service is resized in place', () => {
    const all = parts({ a: 'in-place', b: 'in-place', c: 'in-place' }, 'a', 'ab', 'bc');
    expect(all).toEqual({ services: ['a', 'b', 'c'], chains: ['a', 'ab', 'bc'] });
  });

  it('is nothing where none is', () => {
    expect(parts({ a: 'rolling', b: 'recommend' }, 'a', 'ab')).toEqual({ services: [], chains: [] });
  });

  it('is not a chain through another service, nor the services that it passes through', () => {
    const mixed = parts({ a: 'in-place', b: 'rolling', c: 'in-place', d: 'in-place' }, 'ab', 'cd');
    expect(mixed).toEqual({ services: ['c', 'd'], chains: ['cd'] });
  });

  it('is not what such a service shares with others, nor what these share in turn', () => {
    const modes: Record<string, ServiceMode> = {
      a: 'rolling',
      b: 'in-place',
      c: 'in-place',
      d: 'in-place',
      e: 'in-place',
      f: 'in-place',
    };
    // By way of b, c and d; e and f have nothing to do with them.
    expect(parts(modes, 'cd', 'bc', 'ab', 'ef')).toEqual({ services: ['e', 'f'], chains: ['ef'] });
    expect(parts({ ...modes, a: 'in-place' }, 'cd', 'bc', 'ab', 'ef').chains).toHaveLength(4);
  });

  it('has services that no chain passes through', () => {
    expect(parts({ a: 'in-place', b: 'rolling' }, 'b')).toEqual({ services: ['a'], chains: [] });
  });
});
