import { KeyValue } from '../generated/mvccpb/kv.pb.js';
import { encodeMessage } from './encode-message.js';

const keyValue = (valueBytes: number): KeyValue =>
  KeyValue.fromPartial({ key: Buffer.from('k'), value: Buffer.alloc(valueBytes, 'v') });

describe('a message encoded by a writer that is used again', () => {
  it('is what a new writer makes of it, whatever was encoded before', () => {
    for (const valueBytes of [0, 3, 70_000, 1, 3_000_000, 2]) {
      const message = keyValue(valueBytes);
      const bytes = encodeMessage(KeyValue, message);
      expect(Buffer.compare(bytes, KeyValue.encode(message).finish())).toBe(0);
    }
  });

  it('keeps its bytes when others are encoded after it', () => {
    const first = encodeMessage(KeyValue, keyValue(5));
    encodeMessage(KeyValue, keyValue(500));
    expect(KeyValue.decode(first)).toEqual(keyValue(5));
  });

  it('has nothing of one that could not be encoded', () => {
    const broken = { ...keyValue(5), modRevision: 1n << 70n };
    expect(() => encodeMessage(KeyValue, broken)).toThrow();
    expect(KeyValue.decode(encodeMessage(KeyValue, keyValue(2)))).toEqual(keyValue(2));
  });
});
