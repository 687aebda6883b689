import { formatInitialCluster, parseInitialCluster } from './initial-cluster.js';
import type { PeerUrlParser } from './initial-cluster.js';

/** Stands for the configuration's parser, which knows what a URL is. */
const parseUrl: PeerUrlParser = (text) =>
  text.startsWith('http://')
    ? { kind: 'ok', value: { text } }
    : { kind: 'error', message: `URL scheme must be http, https, unix, or unixs: ${text}` };

function parsed(text: string): [string, readonly string[]][] {
  const outcome = parseInitialCluster(text, parseUrl);
  if (outcome.kind === 'error') throw new Error(outcome.message);
  return [...outcome.cluster];
}

describe('--initial-cluster', () => {
  test('entries of one name add up, their URLs are sorted', () => {
    expect(parsed('a=http://h:2,b=http://h:3,a=http://h:1')).toEqual([
      ['a', ['http://h:1', 'http://h:2']],
      ['b', ['http://h:3']],
    ]);
  });

  test('empty entries are skipped and blanks around a URL dropped, but not around a name', () => {
    expect(parsed(',a= http://h:1 ,,')).toEqual([['a', ['http://h:1']]]);
    expect(parsed(' a=http://h:1')).toEqual([[' a', ['http://h:1']]]);
    expect(parsed('')).toEqual([]);
  });

  test('only the first equals sign divides', () => {
    expect(parsed('a=http://h:1?x=y')).toEqual([['a', ['http://h:1?x=y']]]);
  });

  test('an entry without a URL, or with a bad one, fails it with the parser’s words', () => {
    const message = 'URL scheme must be http, https, unix, or unixs: ';
    expect(parseInitialCluster('a', parseUrl)).toEqual({ kind: 'error', message });
    expect(parseInitialCluster('a=http://h:1,b=ftp://h:1', parseUrl)).toEqual({
      kind: 'error',
      message: `${message}ftp://h:1`,
    });
  });

  test('is printed as sorted pairs', () => {
    const cluster = new Map([
      ['b', ['http://h:3']],
      ['a', ['http://h:2', 'http://h:1']],
    ]);
    expect(formatInitialCluster(cluster)).toBe('a=http://h:1,a=http://h:2,b=http://h:3');
  });
});
