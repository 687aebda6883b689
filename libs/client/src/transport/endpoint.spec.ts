import { isHostPort, parseEndpoint } from './endpoint.js';

describe('an endpoint', () => {
  it.each([
    ['127.0.0.1:2379', '127.0.0.1:2379', false, false],
    ['http://host:2379/', 'host:2379', false, false],
    ['https://[::1]:2379', '[::1]:2379', true, false],
    ['unix:///tmp/s', '/tmp/s', false, true],
    ['unixs://localhost:1', 'localhost:1', true, true],
    ['unix:/tmp/s', '/tmp/s', false, true],
  ])('%s is understood', (text, address, isTls, isUnix) => {
    expect(parseEndpoint(text, { tlsByDefault: false })).toEqual({ text, address, isTls, isUnix });
  });

  it('without a scheme, or of a socket, is what the rules say, with one what it says', () => {
    expect(parseEndpoint('h:1', { tlsByDefault: true }).isTls).toBe(true);
    expect(parseEndpoint('http://h:1', { tlsByDefault: true }).isTls).toBe(false);
    expect(parseEndpoint('unix:///tmp/s', { tlsByDefault: true }).isTls).toBe(true);
  });

  it.each(['', 'ftp://h:1', 'http://'])('%j is none', (text) => {
    expect(() => parseEndpoint(text, { tlsByDefault: false })).toThrow(TypeError);
  });
});

describe('a host and its port', () => {
  it.each(['127.0.0.1:2379', '[::1]:1', 'etcd.example.com:65535', 'a_b:1'])('%s', (address) => {
    expect(isHostPort(address)).toBe(true);
  });

  // Of each of these a URL is another address, or none.
  it.each([
    'a#b:2379',
    'a?b:2379',
    'u@a:1',
    'a/b:1',
    'a\\b:1',
    'a b:1',
    'a:99999',
    'a',
    '[x]:1',
    ':1',
  ])('are not %j', (address) => {
    expect(isHostPort(address)).toBe(false);
  });
});
