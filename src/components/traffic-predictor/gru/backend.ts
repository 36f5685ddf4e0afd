import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

/** In a variable, because the package is optional: the compiler must not look for it. */
const NATIVE_PACKAGE = '@tensorflow/tfjs-node';

/**
 * Starts the fastest TensorFlow.js backend that works here and answers its name: the native library where the
 * optional package is installed and loads, else WebAssembly, else plain JavaScript.
 */
export async function startBackend(): Promise<string> {
  tf.enableProdMode();
  if (await canImport(NATIVE_PACKAGE)) {
    if (await starts('tensorflow')) return tf.getBackend();
  }
  const require = createRequire(import.meta.url);
  setWasmPaths(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) + sep);
  setThreadsCount(1);
  if (await starts('wasm')) return tf.getBackend();
  await tf.setBackend('cpu');
  await tf.ready();
  return tf.getBackend();
}

async function canImport(name: string): Promise<boolean> {
  try {
    await import(name);
    return true;
  } catch {
    // Not installed, or its library does not fit this machine: it is optional.
    return false;
  }
}

async function starts(backend: string): Promise<boolean> {
  try {
    return (await tf.setBackend(backend)) && tf.getBackend() === backend;
  } catch {
    return false;
  }
}
