import fc from 'fast-check';
import { ByteQueue } from './byte-queue.js';

describe('a byte queue', () => {
  it('gives back what was put in, in any lengths, at any time', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ push: fc.uint8Array({ maxLength: 50 }) }),
        fc.record({ take: fc.nat(120) }),
      ),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(steps, (list) => {
        const queue = new ByteQueue();
        let model = Buffer.alloc(0);
        const handedOut: { bytes: Buffer; expected: Buffer }[] = [];
        for (const step of list) {
          if ('push' in step) {
            queue.push(Buffer.from(step.push));
            model = Buffer.concat([model, step.push]);
          } else {
            const size = Math.min(step.take, queue.length);
            handedOut.push({ bytes: queue.take(size), expected: model.subarray(0, size) });
            model = model.subarray(size);
          }
          expect(queue.length).toBe(model.length);
        }
        // Compared at the end: nothing handed out may change afterwards.
        for (const { bytes, expected } of handedOut) expect(bytes).toEqual(expected);
        expect(queue.take(queue.length)).toEqual(model);
      }),
      { numRuns: 300 },
    );
  });

  it('copies a flood of single bytes together instead of keeping an object for each', () => {
    const queue = new ByteQueue();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 500_000; i++) queue.push(Uint8Array.of(i & 0xff));
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(60e6);
    const bytes = queue.take(500_000);
    expect(bytes.every((byte, i) => byte === (i & 0xff))).toBe(true);
  });
});
