/** Writes the documents that are made from the code. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describeConfiguration } from '../src/config/describe.ts';
import { describeReasons } from '../src/control/reasons.ts';

const at = (path: string) => new URL(`../${path}`, import.meta.url);
const shipped = readFileSync(at('config/config.yaml'), 'utf8');
const example = readFileSync(at('config/example.yaml'), 'utf8');
writeFileSync(at('docs/configuration.md'), describeConfiguration(shipped, example));
writeFileSync(at('docs/reasons.md'), describeReasons());
