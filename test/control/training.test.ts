import { describe, expect, it, vi } from 'vitest';
import { NETWORK_STATE, TrainingSchedule } from '../../src/control/training.ts';
import { partsOf } from './parts.ts';

const { signal } = new AbortController();

function scheduleOf() {
  const parts = partsOf();
  const error = vi.spyOn(parts.logger, 'error');
  const train = vi.spyOn(parts.predictor, 'train');
  return { ...parts, error, train, schedule: new TrainingSchedule(parts) };
}

async function tick({ schedule }: ReturnType<typeof scheduleOf>): Promise<void> {
  schedule.tick(signal);
  await schedule.settled();
}

describe('the schedule of trainings', () => {
  it('tries again after five minutes when there was too little history', async () => {
    const parts = scheduleOf();
    await tick(parts);
    parts.clock.advance(299);
    await tick(parts);
    expect(parts.train).toHaveBeenCalledTimes(1);
    parts.clock.advance(1);
    await tick(parts);
    expect(parts.train).toHaveBeenCalledTimes(2);
  });

  it('stores the network, and trains again when the interval is over, also after the clock was set back', async () => {
    const parts = scheduleOf();
    parts.train.mockResolvedValue({ kind: 'trained', epochs: 1, validationLoss: 1, seconds: 1 });
    vi.spyOn(parts.predictor, 'save').mockReturnValue(new Uint8Array([7]));
    await tick(parts);
    expect(parts.history.loadState(NETWORK_STATE)).toEqual(new Uint8Array([7]));
    parts.clock.jump(-100_000);
    await tick(parts);
    parts.clock.advance(parts.settings.prediction.retrainInterval - 1);
    await tick(parts);
    expect(parts.train).toHaveBeenCalledTimes(1);
    parts.clock.advance(1);
    await tick(parts);
    expect(parts.train).toHaveBeenCalledTimes(2);
  });

  it('starts none while one is under way', () => {
    const parts = scheduleOf();
    parts.train.mockReturnValue(new Promise(() => {}));
    parts.schedule.tick(signal);
    parts.clock.advance(100_000);
    parts.schedule.tick(signal);
    expect(parts.train).toHaveBeenCalledTimes(1);
  });

  it('tries again after a failure, half as often with each one in a row, and as usual once one has succeeded', async () => {
    const parts = scheduleOf();
    const warn = vi.spyOn(parts.logger, 'warn');
    parts.train.mockResolvedValue({ kind: 'failed', reason: 'the worker thread died' });
    await tick(parts);
    const waits = [];
    for (let failure = 0; failure < 6; failure += 1) {
      let waited = 0;
      for (
        const before = parts.train.mock.calls.length;
        parts.train.mock.calls.length === before;
        waited += 100
      ) {
        parts.clock.advance(100);
        await tick(parts);
      }
      waits.push(waited);
    }
    expect(waits).toEqual([300, 600, 1200, 2400, 3600, 3600]);
    expect(warn).toHaveBeenLastCalledWith(
      { kind: 'failed', reason: 'the worker thread died', retryInSeconds: 3600 },
      'training failed; what spoke before still speaks',
    );
    parts.train.mockResolvedValueOnce({ kind: 'not-enough-data', have: 1, need: 2 });
    parts.clock.advance(3600);
    await tick(parts);
    parts.clock.advance(300);
    await tick(parts);
    expect(warn).toHaveBeenLastCalledWith(
      expect.objectContaining({ retryInSeconds: 300 }),
      expect.anything(),
    );
  });

  it('outlives a network that cannot be saved', async () => {
    const parts = scheduleOf();
    parts.train.mockResolvedValue({ kind: 'trained', epochs: 1, validationLoss: 1, seconds: 1 });
    vi.spyOn(parts.predictor, 'save').mockImplementation(() => {
      throw new Error('the backend is gone');
    });
    await tick(parts);
    expect(parts.error).toHaveBeenCalledTimes(1);
    parts.clock.advance(300);
    await tick(parts);
    expect(parts.train).toHaveBeenCalledTimes(2);
  });
});
