/** What must come out of the trials: docs/faults.md. */
import type { KillFigures } from './long/kills.ts';
import type { LargeBodyFigures } from './long/large-bodies.ts';
import type { ManyIdsFigures } from './long/many-ids.ts';
import type { SlowClientsFigures } from './long/slow-clients.ts';

export interface TrialFigures {
  readonly kills: KillFigures;
  readonly slowClients: SlowClientsFigures;
  readonly idsRejected: ManyIdsFigures;
  readonly idsLearned: ManyIdsFigures;
  readonly largeBodies: LargeBodyFigures;
}

/** The promises that were not kept, in words. */
export function brokenPromises({
  kills,
  slowClients,
  idsRejected,
  idsLearned,
  largeBodies,
}: TrialFigures): string[] {
  return [
    ...brokenByKills(kills),
    ...brokenBySlowClients(slowClients),
    ...brokenByIds(idsRejected),
    ...brokenByIds(idsLearned),
    ...brokenByLargeBodies(largeBodies),
  ];
}

/** Sentences whose condition is false. */
function brokenOf(promises: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(promises).flatMap(([sentence, isKept]) => (isKept ? [] : [sentence]));
}

export function brokenByKills(figures: KillFigures): string[] {
  return brokenOf({
    'records were accepted and decisions answered': figures.accepted > 0 && figures.decisions > 0,
    'at most one flush interval of records is lost': figures.lostBeyondInterval === 0,
    'no record is counted twice': figures.countedTwice === 0,
    'no answered decision is lost': figures.decisionsLost === 0,
    'a restart takes at most 5 s': figures.restartsOver5s === 0,
    'the history stays whole': figures.damagedHistories === 0,
  });
}

export function brokenBySlowClients(figures: SlowClientsFigures): string[] {
  return brokenOf({
    'others are served among slow clients': figures.served.calls > 0 && figures.served.failed === 0,
    'others are served quickly among slow clients': figures.served.p99Ms < 1000,
    'large bodies and streams of others are taken among slow ones':
      figures.largeAccepted && figures.streamAccepted,
    'slow headers time out': figures.slowHeadersEnded === figures.slowHeaders,
    'descriptors are no more than clients': figures.mostDescriptors <= figures.clients + 50,
    'slow clients take at most 512 MiB': figures.peakMebibytes < 512,
  });
}

export function brokenByIds(figures: ManyIdsFigures): string[] {
  const { unknown } = figures;
  return brokenOf({
    [`${unknown}: others are served`]: figures.served.calls > 0 && figures.served.failed === 0,
    [`${unknown}: others are served quickly`]: figures.served.p99Ms < 2000,
    [`${unknown}: the names in the configuration are counted`]: figures.knownCounted === figures.knownSent,
    [`${unknown}: series stay within monitoring.max_series`]: figures.series <= 20_000,
    [`${unknown}: memory stays below 1 GiB`]: figures.peakMebibytes < 1024,
    [`${unknown}: /metrics stays below 10,000 lines`]: figures.metricsLines < 10_000,
    [`${unknown}: /metrics is answered within 2 s`]: figures.metricsMs < 2000,
    [`${unknown}: a pass takes at most 5 s`]: figures.passMs < 5000,
  });
}

export function brokenByLargeBodies(figures: LargeBodyFigures): string[] {
  return brokenOf({
    'a large JSON body is answered 413': figures.jsonStatus === 413 && figures.chunkedStatus === 413,
    'a compressed body is answered 415': figures.gzipStatuses.every((status) => status === 415),
    'NDJSON of any length is counted whole':
      figures.ndjsonStatus === 202 && figures.ndjsonCounted === figures.ndjsonRecords,
    'large JSON bodies are not held in memory': figures.peakMebibytesJson < figures.mebibytesBefore + 64,
    'NDJSON is not held in memory': figures.peakMebibytesNdjson < figures.mebibytesBefore + 100,
  });
}
