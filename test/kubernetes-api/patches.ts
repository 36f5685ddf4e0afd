import { clone, isObject, type Json, type JsonObject, sameJson } from './json.ts';
import { fieldOf, type ListSchema, type Schema } from './schema.ts';
import { ApiError, badRequest } from './status.ts';

/** RFC 7386: null removes, objects are merged, all else replaces. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return clone(patch);
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** RFC 6902 on a copy of the target. A failed `test` is 422, as the API server answers it. */
export function jsonPatch(target: JsonObject, patch: Json): JsonObject {
  if (!Array.isArray(patch))
    throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  const result: JsonObject = { root: clone(target) };
  for (const operation of patch) {
    if (!isObject(operation)) throw badRequest('a JSON patch is a list of operations');
    operate(result, operation);
  }
  const { root } = result;
  return isObject(root) ? root : {};
}

function operate(root: JsonObject, operation: JsonObject): void {
  const path = pointer(operation['path']);
  const value = operation['value'];
  switch (operation['op']) {
    case 'add':
      insert(root, path, clone(value ?? null));
      return;
    case 'remove':
      removeAt(root, path);
      return;
    case 'replace':
      read(root, path);
      write(root, path, clone(value ?? null));
      return;
    case 'move':
    case 'copy': {
      const from = pointer(operation['from']);
      const moved = clone(read(root, from));
      if (operation['op'] === 'move') removeAt(root, from);
      insert(root, path, moved);
      return;
    }
    case 'test':
      if (!sameJson(read(root, path), value ?? null)) throw unprocessable();
      return;
    default:
      throw unprocessable();
  }
}

/** The steps of a pointer below the invented root. */
function pointer(path: Json | undefined): string[] {
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/'))) throw unprocessable();
  const steps = path.split('/').slice(1);
  return ['root', ...steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))];
}

function read(root: Json, path: readonly string[]): Json {
  let node: Json | undefined = root;
  for (const step of path)
    node = Array.isArray(node) ? node[Number(step)] : isObject(node) ? node[step] : undefined;
  if (node === undefined) throw unprocessable();
  return node;
}

function insert(root: JsonObject, path: readonly string[], value: Json): void {
  const parent = read(root, path.slice(0, -1));
  const last = path.at(-1) ?? '';
  if (Array.isArray(parent)) parent.splice(last === '-' ? parent.length : Number(last), 0, value);
  else write(root, path, value);
}

function write(root: JsonObject, path: readonly string[], value: Json): void {
  const parent = read(root, path.slice(0, -1));
  const last = path.at(-1) ?? '';
  if (Array.isArray(parent)) parent[Number(last)] = value;
  else if (isObject(parent)) parent[last] = value;
}

function removeAt(root: JsonObject, path: readonly string[]): void {
  read(root, path);
  const parent = read(root, path.slice(0, -1));
  const last = path.at(-1) ?? '';
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (isObject(parent)) delete parent[last];
}

/** 422 without a kind and without the reason: what the server says of a JSON patch that does not fit the object. */
const unprocessable = (): ApiError =>
  new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});

/**
 * A strategic merge patch: lists with a merge key are merged item by item, `$patch: delete|replace`, `$retainKeys`,
 * `$deleteFromPrimitiveList/x` and `$setElementOrder/x` mean what apimachinery's strategicpatch says.
 */
export function strategicPatch(schema: Schema, target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return clone(patch);
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  if (patch['$patch'] === 'delete') return {};
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  const retained = patch['$retainKeys'];
  if (Array.isArray(retained))
    for (const key of Object.keys(merged)) if (!retained.includes(key)) delete merged[key];
  for (const [key, value] of Object.entries(patch)) patchField(schema, merged, key, value, patch);
  return merged;
}

function patchField(
  schema: Schema,
  merged: JsonObject,
  key: string,
  value: Json | undefined,
  patch: JsonObject,
): void {
  if (key.startsWith('$deleteFromPrimitiveList/')) deleteScalars(merged, key.split('/')[1] ?? '', value);
  if (key.startsWith('$')) return;
  const inner = fieldOf(schema, key);
  if (value === null || value === undefined) delete merged[key];
  else if (Array.isArray(value) && inner.kind === 'list' && inner.mergeKey !== undefined)
    merged[key] = ordered(inner, patchList(inner, merged[key], value), patch[`$setElementOrder/${key}`]);
  else merged[key] = strategicPatch(inner, merged[key], value);
}

function patchList(schema: ListSchema, target: Json | undefined, patch: Json[]): Json[] {
  const key = schema.mergeKey ?? '';
  const items = Array.isArray(target) ? [...target] : [];
  if (key === '') return [...items, ...patch.filter((item) => !items.some((old) => sameJson(old, item)))];
  if (patch.some((item) => isObject(item) && item['$patch'] === 'replace'))
    return patch.filter((item) => !(isObject(item) && item['$patch'] === 'replace'));
  for (const item of patch) patchItem(schema, items, item, key);
  return items;
}

function patchItem(schema: ListSchema, items: Json[], item: Json, key: string): void {
  if (!isObject(item) || item[key] === undefined)
    throw new ApiError(500, '', `map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
  const index = items.findIndex((old) => isObject(old) && sameJson(old[key], item[key]));
  if (item['$patch'] === 'delete') {
    if (index >= 0) items.splice(index, 1);
  } else if (index < 0) items.push(strategicPatch(schema.of, undefined, item));
  else items[index] = strategicPatch(schema.of, items[index], item);
}

/** In the order that kubectl asks for; what it does not name stays behind. */
function ordered(schema: ListSchema, items: Json[], order: Json | undefined): Json[] {
  if (!Array.isArray(order)) return items;
  const key = schema.mergeKey ?? '';
  const rank = (item: Json): number => {
    const place = order.findIndex((wanted) =>
      isObject(wanted) && isObject(item) ? sameJson(wanted[key], item[key]) : sameJson(wanted, item),
    );
    return place < 0 ? order.length : place;
  };
  return items
    .map((item, index) => ({ item, index }))
    .sort((a, b) => rank(a.item) - rank(b.item) || a.index - b.index)
    .map(({ item }) => item);
}

function deleteScalars(merged: JsonObject, key: string, gone: Json | undefined): void {
  const list = merged[key];
  if (Array.isArray(list) && Array.isArray(gone))
    merged[key] = list.filter((item) => !gone.some((other) => sameJson(other, item)));
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));
}
