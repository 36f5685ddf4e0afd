import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Batch } from '../../src/components/traffic-predictor/network/batch.ts';
import { layerTensors } from '../../src/components/traffic-predictor/network/layers-layout.ts';
import type { NetworkShape } from '../../src/components/traffic-predictor/network/network-shape.ts';
import {
  buildLayersModel,
  layersWeights,
  predictWith,
  setLayersWeights,
} from '../../src/components/traffic-predictor/network/tensorflow-exchange.ts';

/** The same network, loss and optimizer with nothing but TensorFlow.js: what the kernels are compared with. */
export class TensorflowNetwork {
  readonly #shape: NetworkShape;
  readonly #levels: readonly number[];
  readonly #model: LayersModel;
  readonly #variables: tf.Variable[];
  #adam: tf.AdamOptimizer | undefined;

  constructor(shape: NetworkShape, levels: readonly number[], weights: Float32Array) {
    this.#shape = shape;
    this.#levels = levels;
    this.#model = buildLayersModel(shape);
    this.setWeights(weights);
    this.#variables = this.#model.trainableWeights
      .map((weight) => weight.read())
      .filter((weight) => weight instanceof tf.Variable);
  }

  setWeights(weights: Float32Array): void {
    setLayersWeights(this.#model, this.#shape, weights);
  }

  getWeights(): Float32Array {
    return layersWeights(this.#model, this.#shape);
  }

  predict(inputs: Float32Array, context: Float32Array, n: number, batchSize?: number): Float32Array {
    return predictWith(this.#model, this.#shape, inputs, context, n, batchSize);
  }

  /** One step of Adam without clipping; the loss before it. */
  trainStep(batch: Batch, learningRate: number): number {
    this.#adam ??= tf.train.adam(learningRate);
    const adam = this.#adam;
    return tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => this.#loss(batch), this.#variables);
      adam.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
      return value.dataSync()[0]!;
    });
  }

  /** Loss and gradient by autodiff, in the order of our weights; zero for moving statistics. */
  gradient(batch: Batch): { loss: number; gradient: Float32Array } {
    const gradient = new Float32Array(this.#model.countParams());
    const loss = tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => this.#loss(batch), this.#variables);
      for (const { layer, tensors } of layerTensors(this.#shape)) {
        this.#model.getLayer(layer).trainableWeights.forEach((weight, i) => {
          const read = weight.read();
          const values = read instanceof tf.Variable ? grads[read.name]?.dataSync() : undefined;
          tensors[i]!.places.forEach((place, k) => {
            gradient[place] = values?.[k] ?? 0;
          });
        });
      }
      return value.dataSync()[0]!;
    });
    return { loss, gradient };
  }

  #loss(batch: Batch): tf.Scalar {
    const { size } = batch;
    const { sequenceLength, features, context, horizon } = this.#shape;
    const window = tf.tensor3d(batch.inputs, [size, sequenceLength, features]);
    const beside = context > 0 ? [tf.tensor2d(batch.context, [size, context])] : [];
    const quantiles = this.#model.apply(beside.length === 0 ? window : [window, ...beside], {
      training: true,
    });
    if (!(quantiles instanceof tf.Tensor)) throw new TypeError('the network has one output');
    const weights = tf.tensor2d(batch.weights ?? new Float32Array(size).fill(1), [size, 1]);
    const known = tf.mul(tf.tensor2d(batch.mask, [size, horizon]), weights);
    const errors = tf.sub(tf.tensor3d(batch.targets, [size, horizon, 1]), quantiles);
    const levels = tf.tensor1d([...this.#levels]);
    const losses = tf.maximum(tf.mul(levels, errors), tf.mul(tf.sub(levels, 1), errors));
    const sum = tf.sum(tf.mul(losses, tf.expandDims(known, 2)));
    return tf.div<tf.Scalar>(sum, tf.mul(tf.sum(known), this.#levels.length));
  }

  dispose(): void {
    this.#adam?.dispose();
    this.#model.dispose();
  }
}
