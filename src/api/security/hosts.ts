import { isIP } from 'node:net';

/**
 * Names that nobody on the internet can make point here: of one label (compose, Kubernetes), of this machine, and those
 * under domains that are kept for private networks.
 */
const PRIVATE_NAME = /^[^.]+$|\.(localhost|svc|svc\.cluster\.local|local|internal)$/;

/** Whether a page that was loaded from this `Host` can only be one of this server: its name is an address, private, or listed. */
export function isOwnHost(host: string, allowedHosts: readonly string[]): boolean {
  const name = nameOf(host);
  if (name === undefined) return false;
  const isAddress = name.startsWith('[') || isIP(name) !== 0;
  return isAddress || PRIVATE_NAME.test(name) || allowedHosts.some((allowed) => nameOf(allowed) === name);
}

/** Without the port, in small letters. */
function nameOf(host: string): string | undefined {
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/\.$/, '') : undefined;
}
