/** SVG as text: elements, and the few marks that the plots are made of. Colours are for a white ground. */

export const INK = '#1f2933';
export const FAINT_INK = '#5f6b7a';
export const GRID = '#e4e8ee';
const FONT = 'system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif';

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** @param children markup, not text: see `escaped` */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes).map(([key, value]) =>
    value === undefined ? '' : ` ${key}="${typeof value === 'number' ? rounded(value) : escaped(value)}"`,
  );
  const start = `<${name}${written.join('')}`;
  return children.length === 0 ? `${start}/>` : `${start}>${children.join('')}</${name}>`;
}

export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A whole picture on a ground of its own, so that it reads on light and dark pages. */
export function picture(width: number, height: number, title: string, marks: readonly string[]): string {
  const frame = {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
  };
  const ground = element('rect', { width, height, rx: 6, fill: '#ffffff' });
  const body = [element('title', {}, escaped(title)), ground, ...marks].join('\n');
  return `${element('svg', { ...frame, 'font-family': FONT, 'font-size': 11, fill: INK }, '\n', body, '\n')}\n`;
}

export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escaped(content));
}

export function line(x1: number, y1: number, x2: number, y2: number, attributes: Attributes): string {
  return element('line', { x1, y1, x2, y2, ...attributes });
}

/** A line through the points; undefined ones break it. A point alone is drawn as a dot. */
export function polyline(
  points: readonly (readonly [x: number, y: number] | undefined)[],
  attributes: Attributes,
): string {
  const path = points.map((point, i) => {
    if (!point) return '';
    const at = point.map(rounded).join(' ');
    return points[i - 1] ? `L${at}` : `M${at}${points[i + 1] ? '' : 'h0'}`;
  });
  const ends = { 'stroke-linejoin': 'round', 'stroke-linecap': 'round' };
  return element('path', { d: path.join(''), fill: 'none', ...ends, ...attributes });
}

function rounded(value: number): string {
  return String(Math.round(value * 100) / 100);
}
