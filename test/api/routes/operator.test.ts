import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildServer } from '../../../src/api/server.ts';
import { NOW, testDecision } from '../fixtures.ts';
import { type TestDaemon, testDaemon } from '../test-daemon.ts';

let daemon: TestDaemon;
let server: FastifyInstance;

beforeEach(async () => {
  daemon = testDaemon();
  server = await buildServer(daemon, { version: '1.2.3' });
});
afterEach(() => server.close());

function post(url: string, payload?: object) {
  return server.inject({ method: 'POST', url, ...(payload && { payload }) });
}

const BY_OPERATOR = { by: 'operator', since: NOW, reason: 'deploy of 2.1' };

describe('POST /pause and /resume', () => {
  it('pauses with a reason, shows it in the allocations, and resumes', async () => {
    const answer = await post('/pause', { reason: 'deploy of 2.1' });
    expect([answer.statusCode, answer.json()]).toEqual([200, { paused: BY_OPERATOR, saved: true }]);
    expect(daemon.settings.control.paused).toBe(true);
    expect((await server.inject({ url: '/allocations' })).json().paused).toEqual(BY_OPERATOR);
    expect((await post('/resume')).json()).toEqual({ paused: null, saved: true });
    expect((await server.inject({ url: '/allocations/auth-service' })).json().paused).toBeNull();
  });

  it('needs no body, and no reason', async () => {
    expect((await post('/pause')).json()).toEqual({
      paused: { ...BY_OPERATOR, reason: 'no reason given' },
      saved: true,
    });
    expect((await post('/pause', {})).statusCode).toBe(200);
  });

  it('keeps the time of the first pause when paused again, and its reason when no other is given', async () => {
    await post('/pause', { reason: 'deploy of 2.1' });
    expect((await post('/pause')).json()).toEqual({ paused: BY_OPERATOR, saved: true });
    expect((await post('/pause', { reason: 'and 2.2' })).json().paused.reason).toBe('and 2.2');
    expect((await post('/resume')).statusCode).toBe(200);
    expect((await post('/resume')).json()).toEqual({ paused: null, saved: true });
  });

  it('says that a pause of the configuration stays', async () => {
    daemon = testDaemon({
      ...daemon.settings,
      control: { ...daemon.settings.control, paused: true },
    });
    await server.close();
    server = await buildServer(daemon, { version: '1.2.3' });
    const { paused } = (await post('/resume')).json();
    expect(paused).toEqual({ by: 'configuration', since: null, reason: 'control.paused is set' });
  });

  it.each([
    [
      { reason: '' },
      'body.reason: found "", allowed: a sentence of 1 to 500 characters without control characters',
    ],
    [
      { reason: 3 },
      'body.reason: found 3, allowed: a sentence of 1 to 500 characters without control characters',
    ],
    [{ resaon: 'x' }, 'body.resaon: found an unknown key, allowed: one of reason (did you mean reason?)'],
    [{ reason: `${'x'.repeat(501)}` }, 'allowed: a sentence of 1 to 500 characters'],
    [['x'], 'body: found an array, allowed: an object with reason'],
  ])('refuses %j', async (payload, detail) => {
    const answer = await post('/pause', payload);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail).toContain(detail);
    expect(daemon.settings.control.paused).toBe(false);
  });
});

it('what a person sets while the history cannot be written is in force, and said not to be on disk', async () => {
  const status = { failure: 'database or disk is full', waiting: 1, dropped: 0 };
  daemon.history = { ...daemon.history, status };
  expect((await post('/pause')).json()).toMatchObject({ paused: { by: 'operator' }, saved: false });
  const mode = (await post('/services/auth-service/mode', { mode: 'rolling' })).json();
  expect(mode).toMatchObject({ mode: 'rolling', saved: false });
  expect((await post('/resume')).json()).toEqual({ paused: null, saved: false });
});

describe('POST /services/{service}/mode', () => {
  it('sets a mode, says what it means where nothing can be written, and takes it back', async () => {
    const set = await post('/services/auth-service/mode', { mode: 'rolling' });
    expect([set.statusCode, set.json()]).toEqual([
      200,
      {
        service: 'auth-service',
        mode: 'rolling',
        mode_source: 'operator',
        configured_mode: 'recommend',
        effect: 'Nothing is written: no cluster is connected: changes are recommended, not made.',
        saved: true,
      },
    ]);
    const shown = (await server.inject({ url: '/allocations' })).json();
    expect(shown.mode).toBe('mixed');
    expect(
      shown.services.map(({ mode, mode_source }: Record<string, string>) => [mode, mode_source]),
    ).toEqual([
      ['rolling', 'operator'],
      ['recommend', 'configuration'],
    ]);
    const back = (await post('/services/auth-service/mode', { mode: null })).json();
    expect(back).toMatchObject({ mode: 'recommend', mode_source: 'configuration' });
  });

  it('shows the mode of this moment, not that of the latest decision', async () => {
    daemon.decisions.push(testDecision('d'));
    await post('/services/payment-service/mode', { mode: 'rolling' });
    const { services } = (await server.inject({ url: '/allocations/payment-service' })).json();
    expect(services[0]).toMatchObject({ mode: 'rolling', mode_source: 'operator' });
  });

  it('refuses an unknown service with the known ones', async () => {
    const answer = await post('/services/auth-servce/mode', { mode: 'rolling' });
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({
      type: 'urn:dta-slo:problem:unknown-service',
      detail: expect.stringContaining('did you mean auth-service?'),
    });
  });

  it.each([[{ mode: 'in-pod' }], [{ mode: 'roling' }], [{}], [{ mode: 1 }], [undefined]])(
    'refuses %j with the modes',
    async (body) => {
      const answer = await post('/services/auth-service/mode', body);
      expect(answer.statusCode).toBe(400);
      if (body !== undefined)
        expect(answer.json().detail).toContain('allowed: "recommend" or "rolling" or "in-place" or null');
      expect(daemon.operator.state.modes.size).toBe(0);
    },
  );
});

describe('POST /allocations/{service}/undo', () => {
  it('answers what was put back', async () => {
    daemon.undoOutcome = {
      kind: 'undone',
      change: {
        service: 'auth-service',
        decision: 'undo-d17',
        atSeconds: NOW,
        status: 'applied',
        to: { cpu: 2, memory: 512, instances: 3 },
        detail: 'Back to 3 × 2 cores.',
      },
    };
    const answer = await post('/allocations/auth-service/undo');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      service: 'auth-service',
      mode: 'recommend',
      undone: 'undo-d17',
      at: NOW,
      to: { cpu: 2, memory: 512, instances: 3 },
      detail: 'Back to 3 × 2 cores.',
    });
  });

  it('says why nothing was put back', async () => {
    daemon.undoOutcome = { kind: 'not-undone', reason: 'nothing was applied to auth-service' };
    const answer = await post('/allocations/auth-service/undo');
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({
      type: 'urn:dta-slo:problem:not-undone',
      detail: 'nothing was applied to auth-service',
    });
    expect((await post('/allocations/nope/undo')).statusCode).toBe(404);
  });
});

describe('GET /allocations?format=kubectl', () => {
  it('answers the plan as YAML once there is one', async () => {
    const early = await server.inject({ url: '/allocations?format=kubectl' });
    expect(early.statusCode).toBe(409);
    expect(early.json().type).toBe('urn:dta-slo:problem:no-plan-yet');
    daemon.planManifests = 'apiVersion: apps/v1\nkind: Deployment\n';
    const answer = await server.inject({ url: '/allocations?format=kubectl' });
    expect([answer.statusCode, answer.headers['content-type'], answer.body]).toEqual([
      200,
      'text/yaml; charset=utf-8',
      'apiVersion: apps/v1\nkind: Deployment\n',
    ]);
  });

  it('answers JSON by default and refuses other formats', async () => {
    expect((await server.inject({ url: '/allocations?format=json' })).json().status).toBe('waiting');
    const bad = await server.inject({ url: '/allocations?format=helm' });
    expect(bad.statusCode).toBe(400);
    expect(bad.json().detail).toContain('allowed: "json" or "kubectl"');
    expect((await server.inject({ url: '/allocations?fromat=json' })).statusCode).toBe(400);
  });
});

it('GET /allocations shows the freeze window that is open', async () => {
  expect((await server.inject({ url: '/allocations' })).json().frozen).toBeNull();
  const window = { kind: 'once', fromSeconds: NOW - 60, untilSeconds: NOW + 60 } as const;
  const { settings } = daemon;
  const freezeWindows = [{ ...window, reason: 'launch', timezone: 'UTC', growth: 'hold' } as const];
  daemon.settings = { ...settings, control: { ...settings.control, freezeWindows } };
  const { frozen } = (await server.inject({ url: '/allocations' })).json();
  expect(frozen).toEqual({ reason: 'launch', growth: 'hold', until: NOW + 60 });
});
