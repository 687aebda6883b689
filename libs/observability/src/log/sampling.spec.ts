import { LogSampling } from './sampling.js';

function written(sampling: LogSampling, times: number, message: string, atMs: number): number {
  let lines = 0;
  for (let i = 0; i < times; i++) if (sampling.admits('warn', message, atMs)) lines++;
  return lines;
}

describe('lines that say the same within a second', () => {
  it('are written a hundred times, and then once in a hundred', () => {
    const sampling = new LogSampling();
    expect(written(sampling, 100, 'slow', 0)).toBe(100);
    expect(written(sampling, 1_000, 'slow', 999)).toBe(10);
  });

  it('are counted anew in the next second', () => {
    const sampling = new LogSampling();
    written(sampling, 5_000, 'slow', 10);
    expect(written(sampling, 5, 'slow', 1_000)).toBe(5);
  });

  it('leave others alone', () => {
    const sampling = new LogSampling();
    written(sampling, 5_000, 'slow', 10);
    expect(written(sampling, 5, 'other', 10)).toBe(5);
  });

  it('are always written when they are the last words', () => {
    const sampling = new LogSampling();
    for (let i = 0; i < 500; i++) expect(sampling.admits('fatal', 'ends', 0)).toBe(true);
  });
});
