/** The three tables of the overview page. */
import type { ChainObjective } from '../../models/daemon.ts';
import type { Forecast } from '../../models/forecasts.ts';
import type { ChainAllocation, ServiceAllocation } from '../views/decision-view.ts';
import { cores, duration, memory, perSecond, share, times, UNKNOWN } from './format.ts';
import { html, type Markup } from './html.ts';

/** Rows of one table; a page of tens of thousands helps nobody. */
export const MOST_ROWS = 200;

export interface ChainRow {
  readonly chain: ChainAllocation;
  readonly objective: ChainObjective | undefined;
  readonly rate: number | undefined;
}

export function chainsTable(rows: readonly ChainRow[]): Markup {
  return table(
    html`<th>Chain</th><th>State</th><th class="figure">SLO</th><th class="figure">Observed</th><th class="figure">Expected</th>
      <th class="figure">Over SLO</th><th class="figure">Burn 1 · 5 min</th>
      <th class="figure">Load</th><th>Binding services</th>`,
    rows.map(chainRow),
    '/chains',
  );
}

export function servicesTable(services: readonly ServiceAllocation[]): Markup {
  return table(
    html`<th>Service</th><th>Mode</th><th class="figure">In force<br>cores</th><th class="figure"><br>memory</th>
      <th class="figure">Recommended<br>cores</th><th class="figure"><br>memory</th><th>Status</th><th class="why">Why</th>`,
    services.map(serviceRow),
    '/services',
  );
}

export function forecastsTable(forecasts: readonly Forecast[]): Markup {
  return table(
    html`<th>Chain</th><th class="figure">Next step</th><th class="figure">Last step</th>
      <th class="figure">Forecast at most</th><th class="figure">Error</th><th>Model</th><th class="why">Why</th>`,
    forecasts.map(
      ({ chain, medians, maximum95, errorRatio, model, reason }) => html`<tr><th>${chain}</th>
        <td class="figure">${perSecond(medians[0])}</td><td class="figure">${perSecond(medians.at(-1))}</td>
        <td class="figure">${perSecond(maximum95)}</td><td class="figure">${share(errorRatio)}</td><td>${model}</td><td class="why">${reason}</td></tr>`,
    ),
    '/predictions',
  );
}

function table(head: Markup, rows: readonly Markup[], rest: string): Markup {
  const more = rows.length - MOST_ROWS;
  const note = more > 0 ? html`<p class="soft">and ${more} more: <a href="${rest}">${rest}</a></p>` : html``;
  return html`<div class="panel"><table><thead><tr>${head}</tr></thead><tbody>${rows.slice(0, MOST_ROWS)}</tbody></table></div>${note}`;
}

function chainRow({ chain, objective, rate }: ChainRow): Markup {
  const observed = objective?.quantiles[String(chain.percentile)] ?? chain.observed_latency;
  const percentile = `p${Number((chain.percentile * 100).toFixed(3))}`;
  return html`<tr><th>${chain.id}</th><td>${stateOf(chain, observed)}</td>
    <td class="figure">${duration(chain.slo)} <span class="soft">${percentile}</span></td>
    <td class="figure">${duration(observed)}</td><td class="figure">${duration(chain.expected_latency)}</td>
    <td class="figure">${share(objective?.violationRatio)}</td>
    <td class="figure">${times(objective?.burnRates.short)} · ${times(objective?.burnRates.long)}</td>
    <td class="figure">${perSecond(rate)}</td><td class="why">${chain.binding.length === 0 ? UNKNOWN : chain.binding.join(', ')}${priceOf(chain)}</td></tr>`;
}

/** What its SLO costs; nothing for chains without a plan. */
function priceOf({ explanation }: ChainAllocation): Markup {
  return explanation === null ? html`` : html`<br><span class="soft">${explanation}</span>`;
}

function stateOf(chain: ChainAllocation, observed: number | null): Markup {
  if (chain.feasible === false) {
    return html`<span class="state bad">▲ cannot be met</span><br><span class="soft">at best ${duration(chain.achievable_latency)}</span>`;
  }
  if (observed === null) return html`<span class="state wait">○ no data</span>`;
  return observed > chain.slo
    ? html`<span class="state bad">▲ over SLO</span>`
    : html`<span class="state good">● within SLO</span>`;
}

const STATUS_CLASSES: Readonly<Record<string, string>> = { grow: 'bad', shrink: 'good', hold: 'wait' };

function serviceRow(service: ServiceAllocation): Markup {
  const { current, status, reason, explanation, change } = service;
  return html`<tr><th>${service.id}</th>
    <td>${service.mode}${service.mode_source === 'operator' ? html`<br><span class="soft">by the operator</span>` : html``}</td>
    <td class="figure">${cores(current)}</td><td class="figure">${memory(current.memory)}</td>
    <td class="figure">${cores(service)}</td><td class="figure">${memory(service.memory)}</td>
    <td class="state ${STATUS_CLASSES[status] ?? ''}">${status}</td>
    <td class="why">${explanation} <code>${reason}</code>${lastChange(change)}</td></tr>`;
}

function lastChange(change: ServiceAllocation['change']): Markup {
  if (change === null || change === undefined) return html``;
  return html`<br><span class="soft">Last change ${change.status}: ${change.detail}</span>`;
}
