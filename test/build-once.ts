import { execFileSync } from 'node:child_process';

/** The end-to-end tests run what users run: the build. */
export function setup(): void {
  execFileSync('npm', ['run', '-s', 'build'], { stdio: 'inherit' });
}
