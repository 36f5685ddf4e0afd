import { describe, expect, it } from 'vitest';
import { reasonForEarlyPass } from '../../src/control/early-pass.ts';
import { decision } from '../store/samples.ts';
import { NOW } from './fixtures.ts';
import { type Parts, partsOf } from './parts.ts';

/** Five minutes of `user-registration` (SLO 0.2 s), planned for 10 requests/s. */
function watched(rateAt: (secondsAgo: number) => number, secondsAt: (secondsAgo: number) => number): Parts {
  const parts = partsOf();
  const planned = decision('d1', NOW);
  const chains = [{ ...planned.chains[0]!, id: 'user-registration', plannedRate: 10 }];
  parts.memory.remember({ ...planned, chains });
  for (let ago = 300; ago > 0; ago -= 1) {
    parts.clock.advance(1);
    const { traffic } = parts;
    traffic.recordRequest('auth-service', 'user-registration', secondsAt(ago), false, undefined, rateAt(ago));
  }
  return parts;
}

const reasonOf = (parts: Parts) => reasonForEarlyPass(parts, parts.clock.nowSeconds());

describe('a pass before its turn', () => {
  it('is not called for by load as planned within the SLO', () => {
    expect(
      reasonOf(
        watched(
          () => 10,
          () => 0.05,
        ),
      ),
    ).toBeUndefined();
  });

  it('is called for by a chain that has burned its budget for minutes and still does', () => {
    const reason = { trigger: 'burn-rate', chain: 'user-registration' };
    expect(
      reasonOf(
        watched(
          () => 10,
          () => 0.4,
        ),
      ),
    ).toEqual(reason);
    expect(
      reasonOf(
        watched(
          () => 10,
          (ago) => (ago > 100 ? 0.4 : 0.05),
        ),
      ),
    ).toBeUndefined();
  });

  it('is called for by more load than was planned for, beyond chance', () => {
    const reason = { trigger: 'load-jump', chain: 'user-registration' };
    expect(
      reasonOf(
        watched(
          (ago) => (ago <= 30 ? 30 : 10),
          () => 0.05,
        ),
      ),
    ).toEqual(reason);
    expect(
      reasonOf(
        watched(
          (ago) => (ago <= 30 ? 11 : 10),
          () => 0.05,
        ),
      ),
    ).toBeUndefined();
  });
});
