import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { base, fileWith, problemsOf, settingsOf } from './sources.ts';

const TOKEN = 'a-token-that-nobody-may-see-0123';

test('without a token nobody is asked for one', () => {
  expect(settingsOf(base()).server.auth).toBeUndefined();
});

test('tokens come from files and from the environment', () => {
  const file = base(
    'server: { auth: { token_file: /run/tokens, intake_token_file: /run/intake, protect: all } }',
  );
  expect(settingsOf(file).server.auth).toEqual({
    tokenFile: '/run/tokens',
    intakeTokenFile: '/run/intake',
    protect: 'all',
    intake: 'protected',
  });
  expect(settingsOf(base(), { DTA_SLO_TOKEN: TOKEN }).server.auth?.token?.reveal()).toBe(TOKEN);
});

test('a token of the environment shows in no way of printing settings', () => {
  const settings = settingsOf(base(), { DTA_SLO_TOKEN: TOKEN });
  const { token } = settings.server.auth!;
  const printed = [
    JSON.stringify(settings),
    inspect(settings, { depth: 9, showHidden: true }),
    `${token}`,
    String(token),
  ];
  for (const text of printed) {
    expect(text).not.toContain(TOKEN);
    expect(text).toContain('[secret]');
  }
});

test.each(['protect: all', 'intake_token_file: /run/intake'])(
  '%s without a token of operators is refused',
  (key) => {
    const file = fileWith(base(`server: { auth: { ${key} } }`));
    const problems = problemsOf(() => loadSettings({ file, flags: {}, environment: {} }));
    expect(problems).toEqual([
      {
        source: file,
        path: 'server.auth.token_file',
        found: 'nothing',
        allowed: 'a file with tokens of operators, or DTA_SLO_TOKEN in the environment',
      },
    ]);
    expect(
      problemsOf(() => loadSettings({ file, flags: {}, environment: { DTA_SLO_TOKEN: TOKEN } })),
    ).toEqual([]);
  },
);

test('a misspelt variable is told without its value', () => {
  const file = fileWith(base());
  const problems = problemsOf(() =>
    loadSettings({ file, flags: {}, environment: { DTA_SLO_TOKNE: TOKEN, DTA_SLO_TOKEN: '' } }),
  );
  expect(problems.map(({ path, found }) => [path, found])).toEqual([
    ['DTA_SLO_TOKNE', 'an unknown variable'],
  ]);
  expect(JSON.stringify(problems)).not.toContain(TOKEN);
});
