import { ratchetComplaints } from './ratchet.js';

const complaints = (size: number | undefined, allowed: number | undefined): readonly string[] =>
  ratchetComplaints(
    new Map(size === undefined ? [] : [['a', size]]),
    10,
    allowed === undefined ? {} : { a: allowed },
  );

describe('a ratchet', () => {
  it('lets through what is within the limit, and an exception that does not grow', () => {
    expect(complaints(10, undefined)).toEqual([]);
    expect(complaints(15, 15)).toEqual([]);
    expect(complaints(12, 15)).toEqual([]);
  });

  it('stops what is new beyond the limit, and an exception that grew', () => {
    expect(complaints(11, undefined)).toEqual(['a: 11 lines, at most 10']);
    expect(complaints(16, 15)).toEqual(['a: 16 lines, at most 15']);
  });

  it('stops an exception nobody needs any more', () => {
    expect(complaints(10, 15)).toEqual(['a: 10 lines, remove it from the ratchet']);
    expect(complaints(undefined, 15)).toEqual(['a: gone, remove it from the ratchet']);
  });
});
