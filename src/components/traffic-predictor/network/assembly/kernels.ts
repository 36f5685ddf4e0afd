// AssemblyScript: what the module exports. Places are numbers of float32 from the start of the memory.
export { adam, sumOfSquares } from './adam';
export { dropout } from './dropout';
export { closeGates, closeGatesBack, openGates, openGatesBack, rectify, rectifyBack } from './gates';
export { moments, normalize, normalizeBack } from './normalize';
export { outerProduct, rowSums } from './outer-product';
export { pack, product } from './product';
