/**
 * Builds the kernels' WebAssembly from src/components/traffic-predictor/network/assembly (AssemblyScript) into a file
 * that holds it as text, so that nothing else needs to be built: npm run build:kernels. A test holds the file to what
 * the sources build to.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { main } from 'assemblyscript/asc';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = 'src/components/traffic-predictor/network';
export const MODULES_FILE = join(ROOT, FOLDER, 'kernel-modules.ts');

const FLAGS = [
  '--optimizeLevel 3 --shrinkLevel 0 --converge --noAssert',
  '--memoryBase 16 --runtime stub --importMemory --noExportMemory --disable bulk-memory --disableWarning 112',
].flatMap((flags) => flags.split(' '));

/** The text of the file with the modules. */
export async function kernelModules(): Promise<string> {
  return `// Written by npm run build:kernels from ./assembly.

/** For every engine with SIMD. */
export const SIMD_MODULE =
  '${await build('simd')}';

/** The same with relaxed SIMD: a product and a sum in one rounding. */
export const RELAXED_MODULE =
  '${await build('simd', 'relaxed-simd')}';
`;
}

async function build(...features: string[]): Promise<string> {
  let built: Uint8Array | undefined;
  const source = `${FOLDER}/assembly/kernels.ts`;
  const enabled = features.flatMap((feature) => ['--enable', feature]);
  const { error, stderr } = await main(
    [source, ...FLAGS, ...enabled, '--baseDir', ROOT, '--outFile', 'kernels.wasm'],
    {
      writeFile: (name, contents) => {
        if (name.endsWith('.wasm') && typeof contents !== 'string') built = contents;
      },
    },
  );
  if (error !== null || built === undefined) throw new Error(`asc: ${error?.message}\n${stderr.toString()}`);
  return Buffer.from(built).toString('base64');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(MODULES_FILE, await kernelModules());
}
