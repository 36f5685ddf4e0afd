/** Why a record was not counted, in words: one entry for each outcome of the monitor. */
import type { RecordOutcome } from '../../models/ports.ts';
import type { Settings } from '../../models/settings.ts';
import { type Fault, oneOf, show } from '../faults.ts';
import type { TrafficRecord } from './record.ts';

/** Unix seconds beyond this (the year 2286) are surely milliseconds. */
const SURELY_MILLISECONDS = 1e10;

interface Refusal {
  readonly record: TrafficRecord;
  readonly settings: Settings;
  readonly nowSeconds: number;
}

type Explain = (refusal: Refusal) => Fault;

const EXPLANATIONS: Readonly<Record<Exclude<RecordOutcome, 'accepted'>, Explain>> = {
  'unknown-service': ({ record, settings }) => ({
    where: 'service_id',
    found: `the unknown service ${show(record.service_id)}`,
    allowed: oneOf(settings.topology.services.keys(), record.service_id),
  }),
  'unknown-chain': ({ record, settings }) => ({
    where: 'chain_id',
    found: `the unknown chain ${show(record.chain_id)}`,
    allowed: oneOf(settings.topology.chains.keys(), record.chain_id),
  }),
  'chain-not-listed': ({ record, settings }) => ({
    where: 'chain_id',
    found: `${show(record.chain_id)}, a chain that service ${show(record.service_id)} does not list`,
    allowed: oneOf(chainsOf(settings, record.service_id), record.chain_id),
  }),
  'invalid-id': ({ record }) => ({
    where: 'service_id, chain_id',
    found: `${show(record.service_id)}, ${show(record.chain_id)}`,
    allowed: 'names of 1 to 253 characters without control characters',
  }),
  'invalid-response-time': ({ record }) => ({
    where: 'response_time',
    found: show(record.response_time),
    allowed: 'a finite number of seconds of at least 0',
  }),
  'invalid-count': ({ record }) => ({
    where: 'count',
    found: show(record.count),
    allowed: 'a whole number of at least 1',
  }),
  'invalid-cpu-seconds': ({ record }) => ({
    where: 'cpu_seconds',
    found: show(record.cpu_seconds),
    allowed: 'a finite number of seconds of at least 0',
  }),
  'invalid-timestamp': ({ record }) => ({
    where: 'timestamp',
    found: show(record.timestamp),
    allowed: 'a finite number of Unix seconds of at least 0',
  }),
  'in-the-future': ({ record, settings, nowSeconds }) => ({
    where: 'timestamp',
    found: `${show(record.timestamp)}, ${futureNote(record.timestamp ?? nowSeconds, nowSeconds)}`,
    allowed: `Unix seconds at most ${settings.monitoring.futureTolerance} s ahead of the daemon's clock`,
  }),
  'too-old': ({ record, settings, nowSeconds }) => ({
    where: 'timestamp',
    found: `${show(record.timestamp)}, ${seconds(nowSeconds - (record.timestamp ?? nowSeconds))} ago`,
    allowed: `Unix seconds at most ${settings.monitoring.windowSize} s (monitoring.window_size) ago`,
  }),
  'fed-by-source': ({ record }) => ({
    where: record.service_id == null ? 'chain_id' : 'service_id',
    found: `${show(record.service_id ?? record.chain_id)}, which is read from Prometheus`,
    allowed: 'records of services whose source is http: the others would be counted twice',
  }),
  'too-many-series': ({ record, settings }) => ({
    where: 'service_id, chain_id',
    found: `the new pair ${show(record.service_id ?? null)}, ${show(record.chain_id)}`,
    allowed: `at most ${settings.monitoring.maxSeries} pairs (monitoring.max_series), which are all taken`,
  }),
};

export function explainOutcome(outcome: Exclude<RecordOutcome, 'accepted'>, refusal: Refusal): Fault {
  return EXPLANATIONS[outcome](refusal);
}

function chainsOf(settings: Settings, service: string | null | undefined): readonly string[] {
  return settings.topology.services.get(service ?? '')?.chains ?? [];
}

function futureNote(timestamp: number, nowSeconds: number): string {
  return timestamp > SURELY_MILLISECONDS
    ? 'which looks like milliseconds'
    : `${seconds(timestamp - nowSeconds)} ahead`;
}

function seconds(value: number): string {
  return `${Number(value.toPrecision(4))} s`;
}
