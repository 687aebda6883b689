import { SplitCluster, type SplitAnswers } from './split-cluster.js';
import { KIND } from './kind.js';

describe('a cluster that falls apart into equal halves', () => {
  let fourAndTwo: readonly SplitAnswers[];
  beforeAll(async () => {
    fourAndTwo = await Promise.all([SplitCluster.ask(KIND, 4), SplitCluster.ask(KIND, 2)]);
  });

  const message = (text: string): unknown => expect.objectContaining({ message: text });
  const bothSay = (text: string): unknown => [message(text), message(text)];

  it('acknowledges no write', () => {
    for (const { atOnce } of fourAndTwo) {
      for (const { kind } of atOnce) expect(kind).not.toBe('ok');
    }
  });

  it('says to writers that nobody took theirs in time, as the original does', () => {
    for (const { writes } of fourAndTwo)
      expect(writes).toEqual(bothSay('context deadline exceeded'));
  });

  it('answers no linearizable read, in the words of the original', () => {
    for (const { reads } of fourAndTwo) {
      expect(reads).toEqual(bothSay('etcdserver: request timed out'));
    }
  });

  it('serves serializable reads all the same', () => {
    for (const { serializableReads } of fourAndTwo) {
      for (const { kind } of serializableReads) expect(kind).toBe('ok');
    }
  });

  it('heals without loss', () => {
    for (const { verified, writeAfter } of fourAndTwo) {
      expect(verified.acknowledgedWrites).toBeGreaterThan(0);
      expect(writeAfter.kind).toBe('ok');
    }
  });
});
