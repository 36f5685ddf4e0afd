import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TokenFile } from '../../../src/api/security/token-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'dta-slo-token-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

const OLD = 'the-old-token-0123456789';
const NEW = 'the-new-token-0123456789';

function watched(name: string, text: string) {
  const path = join(folder, name);
  writeFileSync(path, text);
  const time = { ms: 0 };
  const log: { level: string; text: string }[] = [];
  const note = (level: string) => (fields: object, message: string) =>
    log.push({ level, text: `${JSON.stringify(fields)} ${message}` });
  const logger = { info: note('info'), error: note('error') };
  const file = new TokenFile({ path, key: 'server.auth.token_file', logger, nowMs: () => time.ms });
  return { path, time, log, file, good: () => [OLD, NEW].filter((token) => file.tokens.has(token)) };
}

describe('a token file', () => {
  it('is read again when it changes, so that a token is replaced without a gap', () => {
    const { path, time, log, good } = watched('rotate', OLD);
    expect(good()).toEqual([OLD]);
    writeFileSync(path, `${OLD}\n${NEW}\n`);
    expect(good()).toEqual([OLD]);
    time.ms += 1000;
    expect(good()).toEqual([OLD, NEW]);
    writeFileSync(path, `${NEW}\n`);
    time.ms += 1000;
    expect(good()).toEqual([NEW]);
    expect(log.map(({ level }) => level)).toEqual(['info', 'info']);
  });

  it('is followed over a link, as the mounts of Kubernetes change', () => {
    const link = join(folder, 'link');
    for (const [version, token] of [
      ['v1', OLD],
      ['v2', NEW],
    ] as const)
      writeFileSync(join(folder, version), token);
    symlinkSync(join(folder, 'v1'), link);
    const time = { ms: 0 };
    const silent = { info: () => undefined, error: () => undefined };
    const file = new TokenFile({ path: link, key: 'k', logger: silent, nowMs: () => time.ms });
    symlinkSync(join(folder, 'v2'), `${link}.new`);
    renameSync(`${link}.new`, link);
    time.ms += 1000;
    expect([file.tokens.has(OLD), file.tokens.has(NEW)]).toEqual([false, true]);
  });

  it.each([
    ['is emptied', (path: string) => writeFileSync(path, '')],
    ['is removed', (path: string) => unlinkSync(path)],
    ['holds something else', (path: string) => writeFileSync(path, `${NEW} with words`)],
  ])('that %s leaves the old tokens good, and is told once', (what, change) => {
    const { path, time, log, good } = watched(what, OLD);
    change(path);
    for (let count = 0; count < 3; count += 1) {
      time.ms += 1000;
      expect(good()).toEqual([OLD]);
    }
    expect(log).toHaveLength(1);
    expect(log[0]).toMatchObject({
      level: 'error',
      text: expect.stringContaining('server.auth.token_file: tokens not taken, the old ones stay'),
    });
    expect(log[0]?.text).not.toContain(NEW);
  });
});
