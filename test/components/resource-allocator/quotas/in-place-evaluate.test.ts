import { describe, expect, it } from 'vitest';
import { allocatorWith, asked, BASE, inForce, LOADS, SIZES, sizes, topologyIn } from './in-place-fixtures.ts';

describe('what is evaluated of chains whose services are all resized in place', () => {
  it('is what they take when nobody waits, where there is more than enough', () => {
    const latencies = allocatorWith().evaluate(asked(), sizes({ 'auth-service': 40, 'payment-service': 40 }));
    for (const id of Object.keys(LOADS)) expect(latencies.get(id)).toBeCloseTo(BASE, 2);
  });

  it('is that and the delay beyond which as many are slow as may be', () => {
    const allocator = allocatorWith();
    const latency = allocator.evaluate(asked(), sizes(SIZES)).get('user-registration')!;
    expect(latency).toBeGreaterThan(BASE + 0.01);
    // With an objective there, 5 % are slow.
    const { services, chains } = topologyIn();
    const chain = chains.get('user-registration')!;
    const there = { ...chain, slo: { ...chain.slo, latencySeconds: latency } };
    const topology = { services, chains: new Map([...chains, [there.id, there]]) };
    const share = allocator.slowShares(asked({}, topology), sizes(SIZES)).get('user-registration');
    expect(share).toBeCloseTo(0.05, 2);
  });

  it('is longer by what was measured to be slow beyond what is expected', () => {
    const slowness = new Map(Object.keys(LOADS).map((id) => [id, { baseSeconds: BASE, factor: 3 }]));
    const [as, more] = [asked(), asked({ slowness })].map((question) =>
      allocatorWith().evaluate(question, sizes(SIZES)),
    );
    for (const id of Object.keys(LOADS)) expect(more!.get(id)).toBeGreaterThan(as!.get(id)!);
  });

  it('is endless where a service has less than its work', () => {
    const latencies = allocatorWith().evaluate(asked(), sizes({ ...SIZES, 'payment-service': 1.2 }));
    expect(latencies.get('order-processing')).toBe(Number.POSITIVE_INFINITY);
    expect(latencies.get('user-registration')).toBeLessThan(1);
  });

  it('is of what is in force where nothing else is said', () => {
    const question = asked({ capacities: inForce(1.75) });
    const same = sizes({ 'auth-service': 1.75, 'payment-service': 1.75 });
    expect(allocatorWith().evaluate(question, new Map())).toEqual(allocatorWith().evaluate(question, same));
  });
});

describe('the shares of slow requests under other loads', () => {
  const shares = (factor: number, services = sizes(SIZES)) => {
    const loads = new Map(Object.entries(LOADS).map(([id, rate]) => [id, factor * rate]));
    return [...allocatorWith().slowShares(asked(), services, loads).values()];
  };

  it('are those of a request with these loads', () => {
    const loads = new Map(Object.entries(LOADS).map(([id, rate]) => [id, 1.1 * rate]));
    expect(shares(1.1)).toEqual([...allocatorWith().slowShares(asked({ loads }), sizes(SIZES)).values()]);
  });

  it('rise with them, up to all', () => {
    const found = [0, 0.5, 0.9, 1.1, 1.5, 50].map((factor) => shares(factor)[1]!);
    expect(found).toEqual(found.toSorted((left, right) => left - right));
    expect(found[0]).toBe(0);
    expect(found[5]).toBeGreaterThan(0.9);
  });

  it('are of chains that are asked for with no load where none is told', () => {
    const onlyOne = new Map([['user-registration', 40]]);
    const found = allocatorWith().slowShares(asked(), sizes(SIZES), onlyOne);
    expect([...found.keys()]).toEqual(Object.keys(LOADS));
    expect(found.get('user-registration')).toBeLessThan(
      allocatorWith().slowShares(asked(), sizes(SIZES)).get('user-registration')!,
    );
  });

  it('are as the model has them, whatever was measured', () => {
    const slowness = new Map(Object.keys(LOADS).map((id) => [id, { baseSeconds: BASE, factor: 9 }]));
    expect(allocatorWith().slowShares(asked({ slowness }), sizes(SIZES))).toEqual(
      allocatorWith().slowShares(asked(), sizes(SIZES)),
    );
  });
});
