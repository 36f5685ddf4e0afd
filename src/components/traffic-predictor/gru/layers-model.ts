import type { NetworkShape } from '../network/network-shape.ts';

/** What TensorFlow.js calls model artifacts, as far as we write them. */
export interface LayersModelArtifacts {
  readonly modelTopology?: object;
  readonly weightSpecs?: readonly object[];
  readonly weightData?: ArrayBuffer | ArrayBuffer[];
}

/** Rejects with what to install where TensorFlow.js is missing. */
export async function layersModelOf(
  shape: NetworkShape,
  weights: Float32Array,
): Promise<LayersModelArtifacts> {
  const { toLayersModel } = await exchange();
  const { modelTopology, weightSpecs, weightData } = await toLayersModel(shape, weights);
  return {
    ...(typeof modelTopology === 'object' && { modelTopology }),
    ...(weightSpecs !== undefined && { weightSpecs }),
    ...(weightData !== undefined && { weightData }),
  };
}

/** Loaded only here and only then: the daemon runs without TensorFlow.js. */
async function exchange(): Promise<typeof import('../network/tensorflow-exchange.ts')> {
  try {
    return await import('../network/tensorflow-exchange.ts');
  } catch (cause) {
    const needed = '@tensorflow/tfjs-core @tensorflow/tfjs-layers @tensorflow/tfjs-backend-cpu';
    throw new Error(`TensorFlow.js cannot be loaded; it takes npm install ${needed}`, { cause });
  }
}
