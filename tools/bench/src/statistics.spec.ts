import { median, spread } from './statistics.js';

describe('statistics of a few rounds', () => {
  it('take the middle value, or the mean of the two in the middle, and the extremes', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(spread([2.25, 1.5, 3], 1)).toBe('1.5-3.0');
  });
});
