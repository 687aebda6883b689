import { renderPanels, type Panel } from './panels.js';

const panel = (title: string, ys: readonly number[]): Panel => ({
  ...{ title, xLabel: 'clients', yLabel: 'requests/s' },
  series: [
    { name: 'etcd', color: '#d9822b', points: ys.map((y, i) => ({ x: 10 ** i, y })) },
    { name: 'ours', color: '#2b83d9', points: ys.map((y, i) => ({ x: 10 ** i, y: y * 2 })) },
  ],
});

describe('plots', () => {
  it('have their labels, a legend of both servers, and a dot for each value', () => {
    const svg = renderPanels('Growth', [panel('put', [500, 4_000, 20_000])]);
    for (const text of ['Growth', 'put', 'clients', 'requests/s', 'etcd', 'ours', '100', '10k']) {
      expect(svg).toContain(`>${text}</text>`);
    }
    expect(svg.match(/<polyline/gu)).toHaveLength(2);
    expect(svg.match(/r="3" /gu)).toHaveLength(6);
  });

  it('keep every value inside of its panel, higher ones higher', () => {
    const svg = renderPanels('Growth', [panel('put', [0.3, 17, 99_000])]);
    const [, points = ''] = /<polyline points="([^"]+)"/u.exec(svg) ?? [];
    const places = points.split(' ').map((place) => place.split(',').map(Number));
    for (const [x = -1, y = -1] of places) {
      expect(x >= 0 && x <= 320 && y >= 0 && y <= 250).toBe(true);
    }
    const heights = places.map(([, y = 0]) => y);
    expect(heights).toEqual([...heights].sort((a, b) => b - a));
  });

  it('are of as many rows as the panels need, and no name can break out of its text', () => {
    const svg = renderPanels(
      'a < b & c',
      Array.from({ length: 4 }, () => panel('<g>', [1, 2])),
    );
    expect(svg).toContain('a &lt; b &amp; c');
    expect(svg).not.toContain('<g></text>');
    expect(svg).toContain('height="546"');
    expect(svg.match(/<g /gu)).toHaveLength(svg.match(/<\/g>/gu)?.length ?? 0);
  });
});
