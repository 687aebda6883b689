import { encodeSamples, latenciesBetween } from './latency-log.js';

it('gives the latencies of the puts that were due in a time, both ends included', () => {
  const log = encodeSamples(Float64Array.of(10, 0.5, 20, 700, 30, 1.5, 40, 9));
  expect(latenciesBetween(log, 20, 30)).toEqual([700, 1.5]);
  expect(latenciesBetween(log, 0, 100)).toEqual([0.5, 700, 1.5, 9]);
  expect(latenciesBetween(log, 41, 100)).toEqual([]);
  expect(latenciesBetween(Buffer.alloc(0), 0, 100)).toEqual([]);
});
