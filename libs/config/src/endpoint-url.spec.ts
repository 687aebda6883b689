import { parseEndpointUrl, parseEndpointUrls } from './endpoint-url.js';

describe('an address', () => {
  test.each([
    ['http://localhost:2379', { scheme: 'http', hostname: 'localhost', port: 2379 }],
    ['https://[::1]:1', { scheme: 'https', hostname: '::1', port: 1 }],
    ['http://:2379', { hostname: '', port: 2379 }],
    ['http://localhost:', { port: 0 }],
    ['HTTP://a:1', { scheme: 'http', text: 'http://a:1' }],
    ['unix:///tmp/s', { scheme: 'unix', socketPath: '/tmp/s', text: 'unix:///tmp/s' }],
    ['unix:/tmp/s', { socketPath: '/tmp/s', text: 'unix:/tmp/s' }],
    ['unix://localhost:1', { socketPath: 'localhost:1' }],
  ])('%s', (text, expected) => {
    expect(parseEndpointUrl(text)).toMatchObject({ kind: 'ok', value: { text, ...expected } });
  });

  test.each([
    ['foo', 'URL scheme must be http, https, unix, or unixs: foo'],
    ['', 'URL scheme must be http, https, unix, or unixs: '],
    ['localhost:2379', 'URL scheme must be http, https, unix, or unixs: localhost:2379'],
    ['ftp://a:1', 'URL scheme must be http, https, unix, or unixs: ftp://a:1'],
    ['http://foo', 'URL address does not have the form "host:port": http://foo'],
    ['http://::1:2', 'URL address does not have the form "host:port": http://::1:2'],
    ['http://a:1/', 'URL must not contain a path: http://a:1/'],
    ['127.0.0.1:2379', 'parse "127.0.0.1:2379": first path segment in URL cannot contain colon'],
    [':2379', 'parse ":2379": missing protocol scheme'],
    ['http://a b:1', 'parse "http://a b:1": invalid character " " in host name'],
    ['http://a:b', 'parse "http://a:b": invalid port ":b" after host'],
    ['http://[::1:2', 'parse "http://[::1:2": missing \']\' in host'],
    ['http://%zz:1', 'parse "http://%zz:1": invalid URL escape "%zz"'],
  ])('%j is refused: %s', (text, message) => {
    expect(parseEndpointUrl(text)).toEqual({ kind: 'error', message });
  });
});

test('a list is trimmed, sorted and without repetitions; one bad item fails it', () => {
  const outcome = parseEndpointUrls('http://b:1, http://a:1,http://b:1');
  expect(outcome.kind === 'ok' && outcome.value.map((url) => url.text)).toEqual([
    'http://a:1',
    'http://b:1',
  ]);
  expect(parseEndpointUrls('http://a:1,').kind).toBe('error');
});
