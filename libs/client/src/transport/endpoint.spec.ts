import { parseEndpoint } from './endpoint.js';

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
