/** What each call needs. */

/** `open` to everybody; `read`s nothing but figures; `intake`: what services and agents tell; `write`: everything else. */
export type Access = 'open' | 'read' | 'intake' | 'write';

/** Health for the kubelet, and descriptions that hold nothing of this daemon. */
const OPEN = new Set(['/healthz', '/readyz', '/openapi.json']);
const OPEN_FOLDER = '/docs';
const INTAKE = new Set(['/requests', '/services/:service/usage']);
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/** `route` is the address as it was declared, undefined for one that there is not. */
export function accessOf(method: string, route: string | undefined): Access {
  if (!READING.has(method)) return INTAKE.has(route ?? '') ? 'intake' : 'write';
  return OPEN.has(route ?? '') || route?.startsWith(OPEN_FOLDER) === true ? 'open' : 'read';
}
