import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as layers from '@tensorflow/tfjs-layers';
import { seededRandom } from '../../../utils/random.ts';
import { headName, layerTensors, type PlacedTensor } from './layers-layout.ts';
import { createNetwork } from './network.ts';
import type { NetworkShape } from './network-shape.ts';
import { weightCount, weightLayout } from './weight-layout.ts';

/*
 * The only file here that knows TensorFlow.js; imported where models are exchanged and nowhere else. The caller has chosen
 * a backend, or gets TensorFlow.js' own choice.
 */

/** Windows on which a model from elsewhere must say what ours says. */
const PROBES = 4;
/** Largest difference there, as a share of the largest forecast. */
const PROBE_TOLERANCE = 1e-4;

/**
 * The same network of plain layers, which `tf.loadLayersModel` reads without any code of ours. Inputs: window
 * [n, sequenceLength, features] and, when the shape has one, context [n, context]; output [n, horizon, quantiles].
 */
export async function toLayersModel(
  shape: NetworkShape,
  weights: Float32Array,
): Promise<tf.io.ModelArtifacts> {
  const model = buildLayersModel(shape);
  try {
    setLayersWeights(model, shape, weights);
    let saved: tf.io.ModelArtifacts | undefined;
    const handler = tf.io.withSaveHandler((artifacts) => {
      saved = artifacts;
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } });
    });
    await model.save(handler);
    if (saved === undefined) throw new Error('TensorFlow.js has saved nothing');
    return saved;
  } finally {
    model.dispose();
  }
}

/**
 * The weights, in the order of `weightLayout`, of a saved layers model that is a network of this shape. Throws an Error
 * that says why where it is none: unreadable, another layer or extent, numbers that are not finite, or other forecasts
 * for the same windows (an activation or a connection differs).
 */
export async function fromLayersModel(
  artifacts: tf.io.ModelArtifacts,
  shape: NetworkShape,
): Promise<Float32Array> {
  const model = await loaded(artifacts);
  try {
    const weights = layersWeights(model, shape);
    requireSameForecasts(model, shape, weights);
    return weights;
  } finally {
    model.dispose();
  }
}

async function loaded(artifacts: tf.io.ModelArtifacts): Promise<layers.LayersModel> {
  if (artifacts.modelTopology === undefined) throw new Error('this is no layers model: it has no topology');
  try {
    return await layers.loadLayersModel(tf.io.fromMemory(artifacts));
  } catch (cause) {
    throw new Error(`this is no layers model: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Untrained; for exchange and for comparisons. */
export function buildLayersModel(shape: NetworkShape): layers.LayersModel {
  const window = layers.input({ shape: [shape.sequenceLength, shape.features], name: 'window' });
  const context = shape.context > 0 ? layers.input({ shape: [shape.context], name: 'context' }) : undefined;
  const beside = context === undefined ? [] : [context];
  let hidden = recurrentPart(window, shape);
  if (shape.dense.length > 0) hidden = joined([hidden, ...beside], 'state_and_context');
  shape.dense.forEach((units, i) => {
    hidden = layerOn(
      hidden,
      layers.layers.dense({ units, activation: 'relu', name: `dense_${i}`, ...EMPTY }),
    );
  });
  const flat = layerOn(window, layers.layers.flatten({ name: 'inputs' }));
  const seen = joined([hidden, ...beside, flat], 'seen');
  return layers.model({ inputs: [window, ...beside], outputs: quantilesOf(seen, shape) });
}

/** Weights are set afterwards; an orthogonal start would be slow. */
const EMPTY = { kernelInitializer: 'zeros', biasInitializer: 'zeros' } as const;

function recurrentPart(window: layers.SymbolicTensor, shape: NetworkShape): layers.SymbolicTensor {
  let hidden = window;
  shape.units.forEach((units, i) => {
    const gru = layers.layers.gru({
      units,
      name: `gru_${i}`,
      recurrentActivation: 'sigmoid',
      returnSequences: i < shape.units.length - 1,
      recurrentInitializer: 'zeros',
      ...EMPTY,
    });
    hidden = layerOn(hidden, gru);
    if (shape.batchNorm) hidden = layerOn(hidden, layers.layers.batchNormalization({ name: `norm_${i}` }));
    if (shape.dropout > 0) {
      hidden = layerOn(hidden, layers.layers.dropout({ rate: shape.dropout, name: `dropout_${i}` }));
    }
  });
  return hidden;
}

function quantilesOf(seen: layers.SymbolicTensor, shape: NetworkShape): layers.SymbolicTensor {
  const { horizon, quantiles } = shape;
  let quantile = layerOn(seen, layers.layers.dense({ units: horizon, name: headName(0), ...EMPTY }));
  const columns = [quantile];
  for (let q = 1; q < quantiles; q++) {
    const head = layers.layers.dense({ units: horizon, activation: 'softplus', name: headName(q), ...EMPTY });
    quantile = onMany([quantile, layerOn(seen, head)], layers.layers.add({ name: `quantile_${q}` }));
    columns.push(quantile);
  }
  const asColumns = columns.map((column, q) =>
    layerOn(column, layers.layers.reshape({ targetShape: [horizon, 1], name: `column_${q}` })),
  );
  return joined(asColumns, 'quantiles');
}

function joined(parts: readonly layers.SymbolicTensor[], name: string): layers.SymbolicTensor {
  return parts.length === 1 ? parts[0]! : onMany(parts, layers.layers.concatenate({ axis: -1, name }));
}

interface Applied {
  apply(inputs: layers.SymbolicTensor | layers.SymbolicTensor[]): unknown;
}

function layerOn(input: layers.SymbolicTensor, layer: Applied): layers.SymbolicTensor {
  return symbolic(layer.apply(input));
}

function onMany(inputs: readonly layers.SymbolicTensor[], layer: Applied): layers.SymbolicTensor {
  return symbolic(layer.apply([...inputs]));
}

function symbolic(applied: unknown): layers.SymbolicTensor {
  if (applied instanceof layers.SymbolicTensor) return applied;
  throw new TypeError('a layer that is applied to a symbolic tensor answers with one');
}

/** Copies our vector of weights into a model of `buildLayersModel`. */
export function setLayersWeights(
  model: layers.LayersModel,
  shape: NetworkShape,
  weights: Float32Array,
): void {
  tf.tidy(() => {
    for (const { layer, tensors } of layerTensors(shape)) {
      model.getLayer(layer).setWeights(
        tensors.map(({ shape: extents, places }) =>
          tf.tensor(
            Float32Array.from(places, (place) => weights[place]!),
            [...extents],
          ),
        ),
      );
    }
  });
}

/** The weights of a model as our vector. */
export function layersWeights(model: layers.LayersModel, shape: NetworkShape): Float32Array {
  const weights = new Float32Array(weightCount(weightLayout(shape)));
  for (const { layer, tensors } of layerTensors(shape)) {
    const found = layerNamed(model, layer).getWeights();
    requireExtents(layer, found, tensors);
    tensors.forEach(({ places }, i) => {
      const values = found[i]!.dataSync();
      places.forEach((place, k) => {
        weights[place] = values[k]!;
      });
    });
  }
  const odd = weights.findIndex((weight) => !Number.isFinite(weight));
  if (odd >= 0) throw new Error(`the model has a weight ${weights[odd]}, allowed: finite numbers`);
  return weights;
}

function layerNamed(model: layers.LayersModel, name: string): layers.layers.Layer {
  const found = model.layers.find((layer) => layer.name === name);
  if (found !== undefined) return found;
  const names = model.layers.map((layer) => layer.name).join(', ');
  throw new Error(`the model has no layer ${name}: found ${names}`);
}

function requireExtents(layer: string, found: readonly tf.Tensor[], allowed: readonly PlacedTensor[]): void {
  const [have, want] = [found, allowed].map((tensors) => tensors.map(({ shape }) => `[${shape}]`).join(' '));
  if (have !== want) throw new Error(`the model's layer ${layer} has weights ${have}, allowed: ${want}`);
}

function requireSameForecasts(model: layers.LayersModel, shape: NetworkShape, weights: Float32Array): void {
  const inputs = randomNumbers(PROBES * shape.sequenceLength * shape.features);
  const context = randomNumbers(PROBES * shape.context);
  const network = createNetwork(shape, { seed: 0 });
  network.setWeights(weights);
  const ours = network.predict(inputs, context, PROBES);
  network.dispose();
  const theirs = predictWith(model, shape, inputs, context, PROBES);
  const largest = ours.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  const differs = (value: number, i: number) => !(Math.abs(value - theirs[i]!) <= PROBE_TOLERANCE * largest);
  if (ours.length !== theirs.length || ours.some(differs)) {
    throw new Error('the model forecasts otherwise than a network of this shape with its weights');
  }
}

/** Quantiles [n, horizon, quantiles] by TensorFlow.js, in passes of its default batch size unless another is told. */
export function predictWith(
  model: layers.LayersModel,
  shape: NetworkShape,
  inputs: Float32Array,
  context: Float32Array,
  n: number,
  batchSize = 32,
): Float32Array {
  return tf.tidy(() => {
    const window = tf.tensor3d(inputs, [n, shape.sequenceLength, shape.features]);
    const beside = shape.context > 0 ? [tf.tensor2d(context, [n, shape.context])] : [];
    const answer = model.predict(beside.length === 0 ? window : [window, ...beside], { batchSize });
    if (!(answer instanceof tf.Tensor)) throw new Error('the model has more than one output, allowed: one');
    return Float32Array.from(answer.dataSync());
  });
}

function randomNumbers(length: number): Float32Array {
  const random = seededRandom(1);
  return Float32Array.from({ length }, () => 2 * random() - 1);
}
