import { round as grpcRound } from './grpc.fuzz.js';
import { round as http2Round } from './http2.fuzz.js';

/** The same seeds each time: a failure here is one for everybody. `npm run fuzz` looks further. */
const SHARE_MS = 8_000;

describe('a client by chance', () => {
  it.each([
    ['the HTTP/2 core', http2Round],
    ['the whole server', grpcRound],
  ])(
    'finds nothing wrong in %s',
    async (_what, round) => {
      const until = performance.now() + SHARE_MS;
      let seed = 1;
      for (; performance.now() < until; seed++) {
        try {
          await round(seed);
        } catch (error) {
          throw new Error(`seed ${seed}`, { cause: error });
        }
      }
      expect(seed).toBeGreaterThan(20);
    },
    60_000,
  );
});
