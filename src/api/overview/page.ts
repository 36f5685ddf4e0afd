/** The overview page: chains, services and forecasts on one page that a browser shows without help. */
import type { Daemon } from '../../models/daemon.ts';
import type { Forecast } from '../../models/forecasts.ts';
import type { Allocations } from '../views/decision-view.ts';
import { presentAllocations } from '../views/present-view.ts';
import { chainRates } from '../views/traffic-view.ts';
import { ago, cost, share } from './format.ts';
import { html, type Markup } from './html.ts';
import { STYLE } from './style.ts';
import { type ChainRow, chainsTable, forecastsTable, servicesTable } from './tables.ts';

const REFRESH_SECONDS = 15;
const STYLE_ELEMENT: Markup = { markup: `<style>${STYLE}</style>` };

export function overviewPage(daemon: Daemon, version: string): string {
  const allocations = presentAllocations(daemon);
  const forecasts = [...daemon.forecasts().values()].filter(
    (outcome): outcome is Forecast => outcome.kind === 'forecast',
  );
  const { markup } = html`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>DTA-SLO</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${REFRESH_SECONDS}">${STYLE_ELEMENT}</head><body>
<header><h1>DTA-SLO</h1><span class="soft">${version} · mode ${allocations.mode} · ${daemon.traffic.stats.accepted} records since the start</span></header>
<p>${passLine(daemon, allocations)}</p>${sourceLines(daemon)}${idleLine(daemon, allocations)}${holdLines(daemon, allocations)}${capLines(allocations)}
<main>
<h2>Chains</h2>${chainsTable(chainRows(daemon, allocations))}
<h2>Services</h2>${servicesTable(allocations.services)}
<h2>Forecasts</h2>${forecasts.length === 0 ? html`<p class="soft">None yet: a forecast needs a few steps of traffic.</p>` : forecastsTable(forecasts)}
<h2>Send traffic, ask for a pass</h2>${hint(daemon)}
</main>
<p class="soft">This page shows itself anew every ${REFRESH_SECONDS} s. The API: <a href="/docs">/docs</a> · metrics:
<a href="/metrics">/metrics</a> · decisions: <a href="/allocations/history">/allocations/history</a></p>
</body></html>`;
  return markup;
}

function passLine(
  daemon: Daemon,
  { generated_at, status, trigger, cost: planCost, gap }: Allocations,
): Markup {
  if (generated_at === null) {
    return html`<span class="state wait">○ waiting</span> for the first pass: one runs every ${daemon.settings.control.interval} s.`;
  }
  const when = ago(daemon.clock.nowSeconds() - generated_at);
  return html`Last pass <strong>${when}</strong> (${trigger ?? ''}): ${status} · cost ${cost(planCost)} · optimality gap ${share(gap)}`;
}

function sourceLines({ sources, clock }: Daemon): readonly Markup[] {
  return sources.map(({ name, health, lagSeconds }) => {
    if (health.kind === 'starting') return html`<p class="soft">Source ${name}: not read yet.</p>`;
    const lag = lagSeconds === undefined ? '' : `, known until ${ago(lagSeconds)}`;
    if (health.kind === 'ok') return html`<p class="soft">Source ${name}: read${lag}.</p>`;
    const since = ago(clock.nowSeconds() - health.sinceSeconds);
    return html`<p><span class="state bad">▲ source ${name} cannot be read</span> since ${since}${lag}: ${health.reason}</p>`;
  });
}

/** Only where somebody expects changes. */
function idleLine({ changes }: Daemon, { mode }: Allocations): Markup {
  if (mode === 'recommend' || changes.idleBecause === undefined) return html``;
  return html`<p><span class="state wait">‖ nothing is changed</span>: ${changes.idleBecause}.</p>`;
}

/** What keeps changes back at present, each with how it ends. */
function holdLines(daemon: Daemon, { paused, frozen }: Allocations): readonly Markup[] {
  const now = daemon.clock.nowSeconds();
  const lines: Markup[] = [];
  if (paused) {
    const since = paused.since === null ? '' : ` for ${ago(now - paused.since).replace(' ago', '')}`;
    const end = paused.by === 'operator' ? html`<code>POST /resume</code> goes on.` : html``;
    lines.push(
      html`<p><span class="state wait">‖ paused</span> by the ${paused.by}${since}: ${paused.reason}. ${end}</p>`,
    );
  }
  if (frozen) {
    const what = frozen.growth === 'hold' ? 'nothing changes' : 'nothing shrinks';
    const until =
      frozen.until === null ? 'without an end' : `for ${ago(frozen.until - now).replace(' ago', '')} more`;
    lines.push(html`<p><span class="state wait">❄ frozen</span> ${until}, ${what}: ${frozen.reason}.</p>`);
  }
  return lines;
}

/** Caps on all services together; one that binds stands out. */
function capLines({ caps }: Allocations): readonly Markup[] {
  return caps.map(({ binds, explanation }) =>
    binds
      ? html`<p><span class="state bad">▲ cap reached</span>: ${explanation}</p>`
      : html`<p class="soft">${explanation}</p>`,
  );
}

function chainRows(daemon: Daemon, allocations: Allocations): readonly ChainRow[] {
  const objectives = new Map(daemon.objectives().chains.map((chain) => [chain.chain, chain]));
  const rates = chainRates(daemon.traffic.getMetrics(), daemon.settings.topology.chains);
  return allocations.chains.map((chain) => ({
    chain,
    objective: objectives.get(chain.id),
    rate: rates.get(chain.id)?.rate,
  }));
}

/** Two calls to copy, with names of this configuration. */
function hint(daemon: Daemon): Markup {
  const service = [...daemon.settings.topology.services.values()][0];
  const record = JSON.stringify({
    service_id: service?.id ?? 'a-service',
    chain_id: service?.chains[0] ?? 'a-chain',
    response_time: 0.042,
  });
  const { port, auth } = daemon.settings.server;
  const token = auth === undefined ? '' : ' -H "authorization: Bearer $DTA_SLO_TOKEN"';
  return html`<div class="panel"><pre>curl http://localhost:${port}/requests${token} -H 'content-type: application/json' \\
  -d ${shellQuoted(record)}
curl -X POST http://localhost:${port}/allocations${token}</pre></div>`;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
