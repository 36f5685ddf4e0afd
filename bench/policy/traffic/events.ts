/** What happens to the simulated system in a run, whatever the policy does. */
export type RunEvent =
  /** From then on each visit of the service needs that many times its CPU. */
  | {
      readonly kind: 'demand-factor';
      readonly atSeconds: number;
      readonly service: number;
      readonly factor: number;
    }
  /** That share of the service's instances dies, rounded down, at least one. */
  | { readonly kind: 'kill'; readonly atSeconds: number; readonly service: number; readonly share: number }
  /** Between the two the metrics pipeline takes no scrape. */
  | { readonly kind: 'outage-begin' | 'outage-end'; readonly atSeconds: number };
