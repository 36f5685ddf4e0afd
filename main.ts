#!/usr/bin/env node
/** Flags and environment → configuration → app → listen; signals. The only reader of the process's environment. */
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { buildServer } from './src/api/server.ts';
import { type App, createApp } from './src/app.ts';
import { type FlagValues, parseCommandLine } from './src/config/command-line.ts';
import { loadSettings, startOptions } from './src/config/load.ts';
import { ConfigError, messageOf } from './src/models/errors.ts';
import type { Settings } from './src/models/settings.ts';
import { systemClock } from './src/utils/system-clock.ts';

const EXIT_CONFIG = 2;
const EXIT_FAILURE = 1;

/** Never in a log line, wherever they come from. */
const SECRETS = ['authorization', '*.authorization', '*.headers.authorization', 'token', '*.token'];

/** Lines that cannot be written wait in memory up to this many bytes; further ones are dropped. */
const LOG_BUFFER_BYTES = 1_048_576;

/** Open requests get this long to end after a signal, ms. */
const CLOSING_MS = 10_000;

async function main(): Promise<void> {
  const command = parseCommandLine(process.argv.slice(2));
  if (command.kind === 'help') return print(command.text);
  if (command.kind === 'version') return print(version());
  await serve(command.flags);
}

async function serve(flags: FlagValues): Promise<void> {
  const environment = process.env;
  const { file, clockSpeed } = startOptions({ flags, environment });
  const read = () => loadSettings({ file, flags, environment });
  const settings = read();
  const { host, port, logLevel } = settings.server;
  const stream = logDestination();
  const logger = pino({ level: logLevel, redact: SECRETS }, stream);
  const app = await createApp({ settings, clock: systemClock(clockSpeed), logger, environment });
  endOnFaults(app, logger);
  const server = await buildServer(app.daemon, {
    logger: { level: logLevel, redact: SECRETS, stream },
    version: version(),
  });
  const url = await server.listen({ host, port }).catch((error: unknown) => {
    throw new Error(whyNotListening(error, settings.server), { cause: error });
  });
  app.start();

  process.on('SIGHUP', () => reload(app, read, logger));
  const stop = once(async (signal: NodeJS.Signals) => {
    logger.info({ signal }, 'stopping');
    setTimeout(() => server.server.closeAllConnections(), CLOSING_MS).unref();
    await server.close();
    await app.stop();
    logger.info({}, 'stopped');
  });
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  logger.info({ url, version: version(), config: file }, 'listening');
  warnIfOpen(settings.server, logger);
}

function warnIfOpen({ host, auth }: Settings['server'], logger: pino.Logger): void {
  if (auth !== undefined || isLoopback(host)) return;
  logger.warn(
    { host },
    'whoever reaches the port may change what is decided: set DTA_SLO_TOKEN or server.auth.token_file, or listen on 127.0.0.1 (docs/security.md)',
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Standard output. Whether it can be written, to a file on a full disk say, is nothing that the daemon may end of. */
function logDestination(): ReturnType<typeof pino.destination> {
  const stream = pino.destination({ fd: 1, sync: true, maxLength: LOG_BUFFER_BYTES });
  stream.on('error', () => undefined);
  return stream;
}

/**
 * After a fault that nobody expected the state in memory cannot be trusted: what has arrived is written, and whoever runs
 * the daemon starts it again with its history.
 */
function endOnFaults(app: App, logger: pino.Logger): void {
  process.on('uncaughtException', (error, origin) => {
    logger.fatal({ err: error, origin }, 'a fault of the daemon: it ends, to be started again');
    try {
      app.flush();
    } finally {
      process.exit(EXIT_FAILURE);
    }
  });
}

function whyNotListening(error: unknown, { host, port }: Settings['server']): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'the port is in use by another process; stop it, or choose another with --port',
    EACCES: 'ports below 1024 need more rights; choose another with --port',
    EADDRNOTAVAIL: 'this machine has no such address; choose another with --host',
    ENOTFOUND: 'there is no host of that name; choose another with --host',
  };
  return `cannot listen on ${host}:${port}: ${reasons[String(code)] ?? messageOf(error)}`;
}

function reload(app: App, read: () => Settings, logger: pino.Logger): void {
  try {
    const waiting = app.reload(read());
    logger.info({ waitingForRestart: waiting }, 'configuration read again');
  } catch (error) {
    // Nobody waits for a signal's handler: what it throws would end the daemon.
    const text = error instanceof ConfigError ? error.message : messageOf(error);
    logger.error({ problems: text.split('\n') }, 'configuration not taken');
  }
}

function once<Argument>(act: (argument: Argument) => Promise<void>): (argument: Argument) => void {
  let called = false;
  return (argument) => {
    if (called) return;
    called = true;
    act(argument).catch(fail);
  };
}

/** package.json stands beside main.ts, and one folder up from dist/main.js. */
function version(): string {
  for (const path of ['./package.json', '../package.json']) {
    try {
      const parsed: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
      if (typeof parsed === 'object' && parsed !== null && 'version' in parsed) return String(parsed.version);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  return 'unknown';
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A configuration that cannot be used is told without a stack trace. */
function fail(error: unknown): void {
  process.stderr.write(`${error instanceof ConfigError ? error.message : `dta-slo: ${messageOf(error)}`}\n`);
  process.exit(error instanceof ConfigError ? EXIT_CONFIG : EXIT_FAILURE);
}

main().catch(fail);
