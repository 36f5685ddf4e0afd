import { expect, test } from 'vitest';
import { parseCommandLine } from '../../src/config/command-line.ts';
import { problemsOf } from './sources.ts';

const problemsOfArguments = (...argv: string[]) =>
  problemsOf(() => parseCommandLine(argv)).map(({ source, path, found, allowed }) => {
    expect(source).toBe('command line');
    return `${path}: ${found} | ${allowed}`;
  });

test('no arguments set nothing', () => {
  expect(parseCommandLine([])).toEqual({ kind: 'run', flags: {} });
});

test('every flag is read, with its value beside it or after an equals sign', () => {
  const argv = ['--config', 'a.yaml', '--port=0', '--host', '::1', '--log-level', 'debug'];
  expect(parseCommandLine([...argv, '--data', './x y', '--clock-speed', '1e3'])).toEqual({
    kind: 'run',
    flags: {
      config: 'a.yaml',
      port: 0,
      host: '::1',
      logLevel: 'debug',
      dataFolder: './x y',
      clockSpeed: 1000,
    },
  });
});

test('the last of two equal flags counts', () => {
  expect(parseCommandLine(['--port', '1', '--port', '2'])).toEqual({ kind: 'run', flags: { port: 2 } });
});

test('help wins over mistakes and names every flag and variable', () => {
  const line = parseCommandLine(['--nonsense', '--help']);
  const text = line.kind === 'help' ? line.text : '';
  for (const flag of ['config', 'port', 'host', 'log-level', 'data', 'clock-speed', 'help', 'version']) {
    expect(text).toContain(`--${flag}`);
  }
  expect(text).toContain('DTA_SLO_STORE_PATH, default ./data');
  expect(parseCommandLine(['-h'])).toEqual(line);
});

test('the version is asked for by --version', () => {
  expect(parseCommandLine(['--version'])).toEqual({ kind: 'version' });
});

test.each([
  ['--port', '65536', 'a whole number from 0 to 65535'],
  ['--port', '80x', 'a whole number from 0 to 65535'],
  ['--port', '0x50', 'a whole number from 0 to 65535'],
  ['--port', 'NaN', 'a whole number from 0 to 65535'],
  ['--log-level', 'loud', 'one of fatal, error, warn, info, debug, silent'],
  ['--clock-speed', '0', 'a number above 0, at most 100000'],
  ['--clock-speed', 'Infinity', 'a number above 0, at most 100000'],
])('%s %s is refused', (flag, value, allowed) => {
  expect(problemsOfArguments(flag, value)).toEqual([`${flag}: the text "${value}" | ${allowed}`]);
});

test('all mistakes are told at once', () => {
  expect(problemsOfArguments('--prot=1', '--host', '--data', 'x', 'start', '--port', 'x')).toEqual([
    '--prot: an unknown flag | --config, --port, --host, --log-level, --data, --kubeconfig, --clock-speed, --help, --version; did you mean --port?',
    '--host: no value | --host ADDRESS',
    ': the argument "start" | flags only; see --help',
    '--port: the text "x" | a whole number from 0 to 65535',
  ]);
});
