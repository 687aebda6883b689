import { SeededRng } from '@etcd-ts/foundation';
import { EtcdError } from '@etcd-ts/wire-protocol';
import { frameMessage, MessageAssembler } from './message-frames.js';

describe('messages', () => {
  it.each([1, 2, 3])('survive any way the network cuts them (seed %i)', (seed) => {
    const rng = new SeededRng(seed);
    const messages = Array.from({ length: 50 }, () => Buffer.alloc(rng.below(300), rng.below(256)));
    const stream = Buffer.concat(messages.map(frameMessage));
    const seen: Buffer[] = [];
    const assembler = new MessageAssembler(1000, (message) => seen.push(Buffer.from(message)));
    for (let at = 0; at < stream.length;) {
      const end = at + 1 + rng.below(200);
      assembler.push(stream.subarray(at, end));
      at = end;
    }
    expect(Buffer.concat(seen.map(frameMessage)).equals(stream)).toBe(true);
    expect(assembler.isBetweenMessages).toBe(true);
  });

  it('that are too large or compressed are refused by their prefix alone', () => {
    const assembler = (): MessageAssembler => new MessageAssembler(10, () => undefined);
    expect(() => assembler().push(Buffer.from([0, 0, 0, 0, 11]))).toThrow(EtcdError);
    expect(() => assembler().push(Buffer.from([1, 0, 0, 0, 1]))).toThrow(/compressed/u);
  });

  it('that stop half way are noticed', () => {
    const assembler = new MessageAssembler(10, () => undefined);
    assembler.push(Buffer.from([0, 0, 0]));
    expect(assembler.isBetweenMessages).toBe(false);
    assembler.push(Buffer.from([0, 2, 1]));
    expect(assembler.isBetweenMessages).toBe(false);
  });
});
