/** The look of the overview page: system fonts, both colour schemes, nothing to load. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ink: #1c2430; --soft: #5b6675; --line: #dfe3e8; --back: #fbfbfc; --panel: #fff;
  --good: #1a7f4b; --bad: #c0362c; --wait: #8a6d00; --accent: #2458c6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4e8ee; --soft: #98a3b3; --line: #2c3440; --back: #12161c; --panel: #191f27;
    --good: #5fce93; --bad: #ff8277; --wait: #e2c04f; --accent: #8db2ff;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 82rem; padding: 1.5rem clamp(0.75rem, 3vw, 2rem) 3rem;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  color: var(--ink); background: var(--back);
}
header { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; align-items: baseline; }
h1 { font-size: 1.5rem; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 1.05rem; margin: 2rem 0 0.5rem; }
p { margin: 0.25rem 0; }
a { color: var(--accent); }
.soft { color: var(--soft); }
.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 0.5rem 0.8rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; font-size: 0.8rem; font-weight: 600; color: var(--soft); white-space: nowrap; }
tbody th { font-weight: 600; overflow-wrap: anywhere; min-width: 11rem; }
.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.why { min-width: 18rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .wait { color: var(--wait); }
.state { white-space: nowrap; font-weight: 600; }
pre { margin: 0; padding: 0.8rem 1rem; overflow-x: auto; font: 13px/1.5 ui-monospace, Menlo, Consolas, monospace; }
code { font: 0.92em ui-monospace, Menlo, Consolas, monospace; color: var(--soft); }
`;
