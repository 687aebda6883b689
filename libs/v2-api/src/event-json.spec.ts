import { eventJson, answerJson } from './event-json.js';
import { goDuration, rfc3339 } from './go-time.js';

const NOW_NS = 1_700_000_000_123_000_000n;

describe('the JSON of a node', () => {
  it('leaves out what is empty or zero, and the namespace', () => {
    const root = { key: '/1', dir: true, modifiedIndex: 0, createdIndex: 0 } as const;
    expect(answerJson({ ...root, nodes: [] }, NOW_NS)).toBe(
      '{"action":"get","node":{"dir":true}}\n',
    );
    const file = { key: '/1/a', value: '', modifiedIndex: 5, createdIndex: 4 };
    expect(answerJson({ ...root, nodes: [file] }, NOW_NS)).toBe(
      '{"action":"get","node":{"dir":true,"nodes":[{"key":"/a","value":"","modifiedIndex":5,"createdIndex":4}]}}\n',
    );
  });

  it('escapes as Go does, and nothing that only looks like JSON', () => {
    const value = '{,<&>"\\/\b\f\n\u0001\u007f\u2028\ufffd\\b\\f€😀';
    const body = answerJson({ key: '/1/a', value, modifiedIndex: 1, createdIndex: 1 }, NOW_NS);
    expect(body).toContain(
      String.raw`"value":"{,\u003c\u0026\u003e\"\\/\u0008\u000c\n\u0001` +
        '\u007f' +
        String.raw`\u2028\ufffd\\b\\f€😀"`,
    );
    expect((JSON.parse(body) as { node: { value: string } }).node.value).toBe(value);
  });

  it('counts seconds up to the next whole one, from when the change was asked for', () => {
    const node = (leftNs: bigint) => ({
      key: '/1/a',
      expirationNs: NOW_NS + leftNs,
      modifiedIndex: 1,
      createdIndex: 1,
    });
    const ttl = (leftNs: bigint) => {
      const body = eventJson(
        { action: 'set', node: node(leftNs), atNs: NOW_NS },
        NOW_NS + 90_000_000_000n,
      );
      return (JSON.parse(body) as { node: { ttl?: number } }).node.ttl;
    };
    expect([5_000_000_000n, 4_000_000_001n, 1n, 0n, -1n, -1_000_000_000n].map(ttl)).toEqual([
      5,
      5,
      1,
      undefined,
      undefined,
      -1,
    ]);
  });

  it('is as deep as the tree', () => {
    let node = { key: '/1/x', modifiedIndex: 1, createdIndex: 1 };
    for (let depth = 0; depth < 20_000; depth++) {
      node = Object.assign({ ...node, dir: true as const }, { nodes: [node] });
    }
    expect(answerJson(node, NOW_NS).match(/"nodes"/gu)).toHaveLength(20_000);
  });
});

describe('Go’s times', () => {
  it('have as many digits as they need', () => {
    expect(rfc3339(NOW_NS)).toBe('2023-11-14T22:13:20.123Z');
    expect(rfc3339(NOW_NS - 123_000_000n)).toBe('2023-11-14T22:13:20Z');
    expect(rfc3339(-1n)).toBe('1969-12-31T23:59:59.999999999Z');
    expect(rfc3339(-6_650_000_000_676_176_350n)).toBe('1759-04-09T09:46:39.32382365Z');
  });

  it.each([
    [0n, '0s'],
    [999n, '999ns'],
    [1_500n, '1.5µs'],
    [590_196_826n, '590.196826ms'],
    [2_475_260_768n, '2.475260768s'],
    [1_257_825_618_976n, '20m57.825618976s'],
    [3_600_000_000_000n, '1h0m0s'],
  ])('%d ns is %s', (durationNs, text) => {
    expect(goDuration(durationNs)).toBe(text);
  });
});
