/** The value of a sample without labels in the Prometheus text format; undefined when it is not there. */
export function sampleOf(text: string, name: string): number | undefined {
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${name} `)) continue;
    const value = Number(line.slice(name.length + 1).split(' ')[0]);
    return Number.isNaN(value) ? undefined : value;
  }
  return undefined;
}
