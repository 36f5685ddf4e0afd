import { expect, it } from 'vitest';
import { describeTrouble } from '../../../src/control/describe-trouble.ts';
import { guard } from '../../../src/control/guard/guard.ts';
import type { SourceStatus } from '../../../src/models/sources.ts';
import {
  allocation,
  draftOf,
  guardContext,
  NOW,
  observationOf,
  serviceOf,
  settingsWith,
} from '../fixtures.ts';

const settings = settingsWith();
const shrinking = draftOf(serviceOf(settings), allocation(2), allocation(1));
const status: SourceStatus = {
  name: 'prometheus',
  health: { kind: 'failing', sinceSeconds: NOW - 90, reason: 'nobody listens at http://prometheus:9090.' },
  lastSuccessSeconds: NOW - 100,
  lagSeconds: 100,
  missing: [],
};

it('a service that is held because its source cannot be read says so, and no other does', () => {
  const sourceTrouble = () => describeTrouble(status, NOW);
  const stale = { observation: observationOf(settings, { lastRecordSeconds: NOW - 600 }), sourceTrouble };
  expect(guard([shrinking], guardContext(settings, stale))[0]).toMatchObject({
    reason: 'stale-data',
    target: allocation(2),
    explanation: expect.stringMatching(
      /no record of .* The source prometheus cannot be read for 90 s: nobody listens at http:\/\/prometheus:9090\./,
    ),
  });
  expect(guard([shrinking], guardContext(settings, { sourceTrouble }))).toEqual([shrinking]);
});

it('nothing is said of a source that can be read', () => {
  expect(describeTrouble({ ...status, health: { kind: 'ok' } }, NOW)).toBeUndefined();
  expect(describeTrouble({ ...status, health: { kind: 'starting' } }, NOW)).toBeUndefined();
});

it('a chain that is quiet anyway is not taken for known while its source cannot be read', () => {
  const quiet = observationOf(settings, { lastRecordSeconds: NOW - 600, usualRate: 0.001 });
  const held = (sourceTrouble: () => string | undefined) =>
    guard([shrinking], guardContext(settings, { observation: quiet, sourceTrouble }))[0];
  expect(held(() => undefined)).toEqual(shrinking);
  expect(held(() => describeTrouble(status, NOW))).toMatchObject({
    reason: 'stale-data',
    target: allocation(2),
  });
});
