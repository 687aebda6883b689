import { LogScale, short } from './scale.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Series {
  readonly name: string;
  readonly color: string;
  readonly points: readonly Point[];
}

/** One small plot. */
export interface Panel {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
}

const COLUMNS = 3;
const PANEL = { width: 320, height: 250 };
/** Around the plotted area of a panel: its title, its numbers and its labels. */
const EDGE = { left: 62, right: 12, top: 34, bottom: 48 };
const HEAD_HEIGHT = 46;
/** Grey that can be read on white and on black; the background is the page's. */
const INK = '#808890';
const GRID = '#808890';
const FONT = 'font-family="system-ui, sans-serif"';

/** Small plots side by side with one legend, as an SVG document. */
export function renderPanels(title: string, panels: readonly Panel[]): string {
  const rows = Math.ceil(panels.length / COLUMNS);
  const width = COLUMNS * PANEL.width;
  const height = HEAD_HEIGHT + rows * PANEL.height;
  const parts = panels.map((panel, i) => {
    const x = (i % COLUMNS) * PANEL.width;
    const y = HEAD_HEIGHT + Math.floor(i / COLUMNS) * PANEL.height;
    return `<g transform="translate(${x} ${y})">\n${renderPanel(panel)}\n</g>`;
  });
  const box = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${box} ${FONT} font-size="11" fill="${INK}">`,
    `<title>${escaped(title)}</title>`,
    `<text x="12" y="20" font-size="15" font-weight="600">${escaped(title)}</text>`,
    legend(panels[0]?.series ?? []),
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function legend(series: readonly Series[]): string {
  return series
    .map(({ name, color }, i) => {
      const x = 12 + i * 110;
      const line = `<line x1="${x}" y1="36" x2="${x + 22}" y2="36" stroke="${color}" stroke-width="2.5"/>`;
      const dot = `<circle cx="${x + 11}" cy="36" r="3.5" fill="${color}"/>`;
      return `${line}${dot}<text x="${x + 28}" y="40">${escaped(name)}</text>`;
    })
    .join('\n');
}

function renderPanel({ title, xLabel, yLabel, series }: Panel): string {
  const right = PANEL.width - EDGE.right;
  const bottom = PANEL.height - EDGE.bottom;
  const points = series.flatMap((one) => one.points);
  const xs = points.map(({ x }) => x);
  const xScale = new LogScale(xs, EDGE.left, right);
  const yScale = new LogScale(
    points.map(({ y }) => y),
    bottom,
    EDGE.top,
  );
  const middle = (EDGE.left + right) / 2;
  const center = (EDGE.top + bottom) / 2;
  return [
    `<text x="${EDGE.left}" y="${EDGE.top - 12}" font-size="12" font-weight="600">${escaped(title)}</text>`,
    // Only values that were measured are named below the axis.
    ...[...new Set(xs)].map((x) => verticalLine(xScale.at(x), bottom, short(x))),
    ...yScale.ticks().map((y) => horizontalLine(yScale.at(y), right, short(y))),
    `<text x="${middle}" y="${bottom + 34}" text-anchor="middle">${escaped(xLabel)}</text>`,
    `<text transform="translate(14 ${center}) rotate(-90)" text-anchor="middle">${escaped(yLabel)}</text>`,
    ...series.map((one) => renderSeries(one, xScale, yScale)),
  ].join('\n');
}

const px = (value: number): string => value.toFixed(1);

function verticalLine(x: number, bottom: number, text: string): string {
  const line = `<line x1="${px(x)}" y1="${EDGE.top}" x2="${px(x)}" y2="${bottom}" stroke="${GRID}" stroke-opacity="0.25"/>`;
  return `${line}<text x="${px(x)}" y="${bottom + 16}" text-anchor="middle">${text}</text>`;
}

function horizontalLine(y: number, right: number, text: string): string {
  const line = `<line x1="${EDGE.left}" y1="${px(y)}" x2="${right}" y2="${px(y)}" stroke="${GRID}" stroke-opacity="0.25"/>`;
  return `${line}<text x="${EDGE.left - 6}" y="${px(y + 4)}" text-anchor="end">${text}</text>`;
}

function renderSeries(series: Series, xScale: LogScale, yScale: LogScale): string {
  const places = series.points.map(({ x, y }) => `${px(xScale.at(x))},${px(yScale.at(y))}`);
  const line = `<polyline points="${places.join(' ')}" fill="none" stroke="${series.color}" stroke-width="2"/>`;
  const dots = places.map((place) => {
    const [x = '', y = ''] = place.split(',');
    return `<circle cx="${x}" cy="${y}" r="3" fill="${series.color}"/>`;
  });
  return [line, ...dots].join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
