import { describe, expect, it } from 'vitest';
import { type Figure, kindOf, type PlottedPolicy, percent } from '../../../../bench/policy/report/figure.ts';
import { exactScale, kneeScale, linearScale, logScale } from '../../../../bench/policy/report/scale.ts';
import { element, polyline } from '../../../../bench/policy/report/svg.ts';
import { timeSeriesSvg } from '../../../../bench/policy/report/time-series.ts';
import { tradeOffSvg } from '../../../../bench/policy/report/trade-off.ts';

function policy(name: string, coreHours: number, violatingWindowsRatio: number): PlottedPolicy {
  const minutes = Array.from({ length: 60 }, (_, minute) => minute);
  const load = minutes.map((minute) => 200 + 100 * Math.sin(minute / 9));
  const series = {
    window_seconds: 60,
    requests_per_second: load,
    allocated_cores: load.map((rate, minute) => (rate / 270) * coreHours + Math.sin(minute * coreHours) / 4),
    worst_p95_over_slo: minutes.map((minute) =>
      minute === 20 ? null : 0.7 + 0.3 * Math.sin(minute / coreHours),
    ),
  };
  return { name, series, coreHours, violatingWindowsRatio };
}

const figure: Figure = {
  title: 'made-up <numbers> & names',
  policies: [
    policy('dta-slo', 3.1, 0.004),
    policy('dta-slo-no-forecast', 3.1, 0.02),
    policy('hpa', 5.2, 0),
    policy('vpa', 5.25, 0),
    policy('autothrottle', 3.6, 0.009),
    policy('static-peak', 9.9, 0),
    policy('clairvoyant', 2.4, 0),
  ],
  learningMinutes: 18,
  marks: [{ minute: 30, label: 'shock' }],
};

/** Elements that are open at the end, or the first that is closed wrongly. */
function faultOf(xml: string): string | undefined {
  const open: string[] = [];
  const markup = /<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>|[^<]+|</gi;
  for (const [all, close, name, , empty] of xml.matchAll(markup)) {
    if (all === '<' || /&(?!amp;|lt;|gt;|quot;)/.test(all)) return all;
    if (name === undefined) continue;
    if (close === '/') {
      if (open.pop() !== name) return all;
    } else if (empty !== '/') open.push(name);
  }
  return open.at(-1);
}

describe.each([
  ['time series', timeSeriesSvg],
  ['trade-off', tradeOffSvg],
])('the plot of the %s', (_, plot) => {
  const svg = plot(figure);

  it('is well-formed, has its own ground, and stands within its picture', () => {
    expect(faultOf(svg)).toBeUndefined();
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="\d+" height="\d+"/);
    expect(svg).toContain('fill="#ffffff"');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    const [, width, height] = svg.match(/width="(\d+)" height="(\d+)"/)!.map(Number);
    for (const [, x, y] of svg.matchAll(/ x="([\d.-]+)" y="([\d.-]+)"/g)) {
      expect(Number(x)).toBeGreaterThanOrEqual(0);
      expect(Number(x)).toBeLessThanOrEqual(width!);
      expect(Number(y)).toBeLessThanOrEqual(height!);
    }
  });

  it('says its title, and the names of the policies once more than nothing', () => {
    expect(svg).toContain('made-up &lt;numbers&gt; &amp; names');
    for (const { name } of figure.policies) expect(svg).toMatch(new RegExp(`>${name} *<`));
  });

  it('is the same each time, and can be empty', () => {
    expect(plot(figure)).toBe(svg);
    const empty = plot({ title: 'nothing', policies: [] });
    expect(faultOf(empty)).toBeUndefined();
    expect(empty).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('the parts of a plot', () => {
  it('name their units and goals', () => {
    for (const words of [
      'requests/s',
      'cores · 3.10 core-hours',
      'worst p95 / SLO · 0.40 % of windows',
      'minutes',
      'shock',
    ])
      expect(timeSeriesSvg(figure)).toContain(words);
    for (const words of [
      'allocated core-hours',
      'windows with a p95 over the SLO, %',
      'goal: 1 %',
      'tuned baselines',
    ])
      expect(tradeOffSvg(figure)).toContain(words);
  });

  it('break a line where a value is missing', () => {
    const drawn = polyline([[0, 1], [1, 2], undefined, [3, 1.005]], {});
    expect(drawn).toContain('d="M0 1L1 2M3 1h0"');
    expect(element('a', { b: 'x"<&' })).toBe('<a b="x&quot;&lt;&amp;"/>');
  });

  it('do not lay names of the trade-off on each other', () => {
    const near = Array.from({ length: 8 }, (_, i) => policy(`policy-${i}`, 5 + i / 100, 0));
    const names = [
      ...tradeOffSvg({ title: 't', policies: near }).matchAll(/ x="(.*?)" y="(.*?)"[^>]*>policy-\d/g),
    ];
    const places = names.map(([, x, y]) => ({ x: Number(x), y: Number(y) }));
    expect(places).toHaveLength(8);
    for (const [i, one] of places.entries()) {
      for (const other of places.slice(i + 1)) {
        expect(Math.abs(one.y - other.y) > 12 || Math.abs(one.x - other.x) > 15).toBe(true);
      }
    }
  });

  it('have scales with round marks, whatever the values', () => {
    expect(linearScale(382, 0, 100, 3).ticks).toEqual([0, 200, 400]);
    expect(linearScale(0, 0, 100).ticks).toEqual([0, 0.5].slice(0, linearScale(0, 0, 100).ticks.length));
    expect(linearScale(0.3, 0, 1, 3).ticks).toEqual([0, 0.1, 0.2, 0.3]);
    expect(exactScale(15, 0, 100).ticks.at(-1)).toBe(15);
    expect(exactScale(15, 0, 100).at(15)).toBe(100);
    expect(logScale([0.1, 10], 100, 0, []).at(1)).toBeCloseTo(50, 9);
    expect(logScale([0.1, 10], 100, 0, []).at(0)).toBe(100);
    const knee = kneeScale(1, 100, 0, 300, []);
    expect([0, 0.5, 1, 10, 100].map((value) => Math.round(knee.at(value)))).toEqual([0, 50, 100, 200, 300]);
  });

  it('know what a policy is by its name, and how exact a share has to be', () => {
    expect(['dta-slo', 'dta-slo-no-sharing', 'hpa', 'clairvoyant-paced'].map(kindOf)).toEqual([
      'product',
      'ablation',
      'baseline',
      'bound',
    ]);
    expect([0, 0.0042, 0.0123, 0.4567].map(percent)).toEqual(['0 %', '0.42 %', '1.2 %', '46 %']);
  });
});
