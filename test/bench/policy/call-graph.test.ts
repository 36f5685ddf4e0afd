import { describe, expect, it } from 'vitest';
import { knownApplication } from '../../../bench/policy/applications/known.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { application, callsCsv, profilesCsv, thrice, treeText } from './applications.ts';

const tree = (...rows: readonly string[]) => treeText(application(callsCsv(...rows)));

describe('a chain out of the rows of a call graph', () => {
  it('has one visit of the entry service, whose inner spans are no visits of their own', () => {
    expect(tree('a a 1 c 1', 'a b 1.1 c 1', 'a a 2 c 2', 'a d 2.1 c 1')).toBe('a[b ; d]');
    expect(tree('a a 1 c 1', 'a a 1.1 c 1', 'a b 1.1.1 c 1', 'b b 1.1.1.1 c 1')).toBe('a[b]');
    expect(tree('a a 1 c 1')).toBe('a');
  });

  it('runs the same step in parallel and steps one after another, in their order and not in that of the tags', () => {
    expect(tree('a a 1 c 1', 'a d 1.1 c 2', 'a e 1.2 c 3', 'a f 1.3 c 2', 'a b 1.4 c 1')).toBe(
      'a[b ; d|f ; e]',
    );
    expect(tree('a a 1 c 1', 'a b 1.9 c 10', 'a d 1.10 c 9')).toBe('a[d ; b]');
  });

  it('keeps the calls of parallel inner spans in their own sequences', () => {
    const spans = ['a a 1 c 1', 'a b 1.1 c 1', 'a d 1.2 c 2', 'a a 2 c 1', 'a e 2.1 c 1'];
    expect(tree(...spans)).toBe('a[b|e ; d]');
    expect(tree(...spans, 'a f 3 c 1')).toBe('a[b|e|f ; d]');
  });

  it('goes to any depth, also back to a service that waits', () => {
    expect(tree('a a 1 c 1', 'a b 1.1 c 1', 'b a 1.1.1 c 1', 'a b 1.1.1.1 c 1')).toBe('a[b[a[b]]]');
    const deep = Array.from(
      { length: 30 },
      (_, i) =>
        `s${i} s${i + 1} ${Array(i + 2)
          .fill(1)
          .join('.')} c 1`,
    );
    expect(tree('s0 s0 1 c 1', ...deep).match(/\[/g)).toHaveLength(30);
  });

  it('is the same for every order of the rows', () => {
    const rows = [
      'a a 1 c 1',
      'a b 1.1 c 1',
      'b d 1.1.1 c 1',
      'b e 1.1.2 c 1',
      'a a 2 c 2',
      'a f 2.1 c 1',
      'x x 1 k 1',
    ];
    const whole = application(callsCsv(...rows));
    const random = seededRandom(3);
    for (let i = 0; i < 5; i++) {
      const shuffled = rows.map((row) => ({ row, at: random() })).sort((p, q) => p.at - q.at);
      expect(application(callsCsv(...shuffled.map(({ row }) => row)))).toEqual(whole);
    }
  });

  it('may begin at another service than other chains, and with a call', () => {
    const both = application(callsCsv('a a 1 c 1', 'a b 1.1 c 1', 'g b 1 k 1', 'g d 2 k 2'));
    expect([treeText(both, 'c'), treeText(both, 'k')]).toEqual(['a[b]', 'g[b ; d]']);
    expect(both.services.map(({ name }) => name)).toEqual(['a', 'b', 'd', 'g']);
    expect(tree(' a 1 c 1', 'a b 1.1 c 1')).toBe('a[b]');
  });

  it('has the visits that a missing row stands for', () => {
    expect(tree('a b 1.1 c 1', 'b d 1.1.1 c 1')).toBe('a[b[d]]');
    expect(tree('a a 1 c 1', 'b d 1.1.1 c 1', 'b e 1.1.2 c 1')).toBe('a[b[d|e]]');
    expect(tree('a a 1 c 1', 'a d 1.1.1 c 1')).toBe('a[d]');
    expect(tree('b d 1.1.1 c 1')).toBe('b[d]');
  });

  it('is read with quotes, blank lines, other line ends, spaces, other columns and rows given twice', () => {
    const text =
      '\uFEFFstep, tag,service,childMS,parentMS,more\r\n\r\n1,1,c,a,a,"x, ""y""\r\nz"\r\n,,,,,\r\n1,"1.1",c, b ,a,\r\n1,1.1,c,b,a,\r\n\r\n';
    expect(treeText(application(text))).toBe('a[b]');
  });
});

describe('the demand of a visit', () => {
  const calls = callsCsv('a a 1 c 1', 'a b 1.1 c 1', 'a a 1 k 1', 'a b 1.1 k 1');
  const demands = (...rows: readonly string[]) =>
    application(calls, profilesCsv(...rows)).chains.map(({ root }) => [
      root.demandSeconds,
      root.stages[0]![0]!.demandSeconds,
    ]);
  const rest = [...thrice('c_b 14'), ...thrice('k_a 70'), ...thrice('k_b 35')];

  it('is 0.07 cores over the median inflection of the converged rows of its chain and service', () => {
    expect(demands('c_a 10', 'c_a 1000', 'c_a 100', 'c_a 1 False', ...rest)).toEqual([
      [0.07 / 100, 0.07 / 14],
      [0.07 / 70, 0.07 / 35],
    ]);
    expect(demands('c_a 10', 'c_a 20', 'c_a 30', 'c_a 40', ...rest)[0]![0]).toBeCloseTo(0.07 / 25, 12);
  });

  it('is the median of the application where rows are missing, fewer than three, or not converged', () => {
    const median = 0.07 / 35;
    for (const few of [
      [],
      ['c_a 10', 'c_a 10'],
      ['c_a 7', 'c_a  False', 'c_a 7 False', 'c_a 7', 'c_a nan', 'c_a '],
    ]) {
      expect(demands(...few, ...rest)[0]![0]).toBeCloseTo(median, 12);
    }
    expect(demands(...thrice('c_b 14'), ...thrice('k_b 14')).flat()).toEqual(Array(4).fill(0.07 / 14));
  });

  it('is the median of the application where it is further than a factor of 20 from it', () => {
    const [small, usual, large] = ['c_a 1000', 'c_a 800', 'c_a 0.5'].map(
      (row) => demands(...thrice(row), ...rest)[0]![0]!,
    );
    expect(small).toBeCloseTo((0.07 / 70 + 0.07 / 35) / 2, 12);
    expect(usual).toBeCloseTo(0.07 / 800, 12);
    expect(large).toBeCloseTo((0.07 / 35 + 0.07 / 14) / 2, 12);
  });

  it('is lognormal with sigma 0.6, and all that a visit takes', () => {
    expect(application(calls).chains[0]!.root).toMatchObject({ sigma: 0.6, waitSeconds: 0, errorRatio: 0 });
  });
});

describe('an application', () => {
  const two = application(callsCsv('a a 1 c 1', 'a b 1.1 c 1', 'b b 1 k 1'));

  it('has its name from the file, chains in equal shares, and the bounds that all have', () => {
    expect(two.name).toBe('my');
    expect(two.chains.map(({ name, share }) => [name, share])).toEqual([
      ['c', 0.5],
      ['k', 0.5],
    ]);
    const bounds = {
      minCpu: 0.1,
      maxCpu: 4,
      minMemory: 128,
      maxMemory: 8192,
      minInstances: 1,
      maxInstances: 10,
    };
    for (const service of two.services) expect(service).toMatchObject(bounds);
  });

  it('shows policies its call graph, bounds and objectives, and nothing of its demands', () => {
    const known = knownApplication(two);
    expect(known.chains[0]).toEqual({
      name: 'c',
      root: { service: 0, stages: [[{ service: 1, stages: [] }]] },
      sloSeconds: two.chains[0]!.sloSeconds,
    });
    expect(JSON.stringify(known)).not.toMatch(/demand|share|sigma|parallelism|threads|base/i);
  });
});

describe('a call graph or profile that is wrong', () => {
  const good = callsCsv('a a 1 c 1');

  it.each([
    [
      'tag,step\n1,1\n',
      'my-calls.csv, line 1: found header "tag,step", allowed: parentMS,childMS,tag,service,step',
    ],
    [`${good}a,b\n`, 'my-calls.csv, line 3: found 2 fields, allowed: 7'],
    [`${good}a,b,"x,y,1.1,c,1\n`, 'my-calls.csv, line 3: found "x,y,1.1,c,1, allowed: '],
    [
      callsCsv('a a 1 c 1', 'a b 1.x c 1'),
      'my-calls.csv, line 3: found tag "1.x", allowed: numbers with dots',
    ],
    [callsCsv('a a 1 c first'), 'my-calls.csv, line 2: found step "first", allowed: a number'],
    [callsCsv('a  1 c 1'), 'my-calls.csv, line 2: found no childMS, allowed: '],
    [callsCsv('a a 1  1'), 'my-calls.csv, line 2: found no service, allowed: the name of the chain'],
    [
      callsCsv('a a 1 c 1', 'a b 1.1 c 1', 'a d 1.1 c 1'),
      'my-calls.csv, line 4: found another call at tag 1.1 of c, allowed: one call at each tag',
    ],
    [callsCsv(), 'my-calls.csv: found no calls, allowed: one or more'],
    ['', 'my-calls.csv, line 1: found header ""'],
  ])('is refused with its file and line, what was found and what is allowed: %j', (calls, message) => {
    expect(() => application(calls)).toThrow(message);
  });

  it.each([
    [profilesCsv('c_a x'), 'my-profiles.csv, line 2: found inflection "x", allowed: a number'],
    [profilesCsv('c_a 7 maybe'), 'my-profiles.csv, line 2: found success "maybe", allowed: True, False'],
    [profilesCsv('c_a 7'), 'my-profiles.csv: found no tag with 3 converged rows, allowed: at least one'],
  ])('profiles: %j', (profiles, message) => {
    expect(() => application(good, profiles)).toThrow(message);
  });
});
