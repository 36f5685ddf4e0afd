/** How long things take in the simulated cluster, s. The same for every policy. */
export interface Timing {
  /** From the start of an instance until it takes visits. */
  readonly startup: number;
  /** From a write to the API server until its effect begins: admission, watch, kubelet. */
  readonly write: number;
  /** The same for a resize in place: the kubelet also sets the cgroup. */
  readonly resize: number;
  /** From a node agent's decision until the quota is set. */
  readonly quota: number;
  /** Between two scrapes, and until a scrape can be read. */
  readonly scrapeInterval: number;
  readonly scrapeDelay: number;
  /** Until a posted record has arrived. */
  readonly recordDelay: number;
}

export const TIMING: Timing = {
  startup: 10,
  write: 1,
  resize: 2,
  quota: 0,
  scrapeInterval: 15,
  scrapeDelay: 2,
  recordDelay: 2,
};
