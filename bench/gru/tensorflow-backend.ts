import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

/** In a variable, because the package is optional: the compiler must not look for it. */
const NATIVE_PACKAGE = '@tensorflow/tfjs-node';

/*
 * One thread for the WebAssembly backend: under Node.js it says itself that it has no threads
 * (`WASM_HAS_MULTITHREAD_SUPPORT`), and when forced to (4.22) it does not start.
 */
tf.enableProdMode();
setWasmPaths(dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')) + sep);
setThreadsCount(1);

/** Backends of TensorFlow.js that start here. */
export async function startableBackends(): Promise<string[]> {
  const names = (await hasNative()) ? ['tensorflow', 'wasm', 'cpu'] : ['wasm', 'cpu'];
  const startable: string[] = [];
  for (const name of names) if (await useBackend(name)) startable.push(name);
  return startable;
}

export async function useBackend(name: string): Promise<boolean> {
  return (await tf.setBackend(name)) && tf.getBackend() === name;
}

async function hasNative(): Promise<boolean> {
  try {
    await import(NATIVE_PACKAGE);
    return true;
  } catch {
    // Not installed, or its library does not fit this machine: it is optional.
    return false;
  }
}
