import { formatNameserver, nameserversOf, parseNameserver, readHosts } from './nameserver.js';

it.each([
  ['10.0.0.2', '10.0.0.2:53'],
  ['10.0.0.2:5353', '10.0.0.2:5353'],
  ['::1', '[::1]:53'],
  ['[::1]:5353', '[::1]:5353'],
])('%s is the nameserver %s', (text, shown) => {
  const server = parseNameserver(text);
  expect(server && formatNameserver(server)).toBe(shown);
});

it.each(['', 'dns.example', '10.0.0.2:0', '10.0.0.2:99999', '10.0.0.2:x', '300.0.0.1'])(
  '%j is none',
  (text) => expect(parseNameserver(text)).toBeUndefined(),
);

it('resolv.conf names up to three, or none, which means this machine', () => {
  const text =
    '# nameserver 9.9.9.9\nsearch x\nnameserver 10.0.0.1\n nameserver fe80::1%eth0\nnameserver x\nnameserver 10.0.0.3\nnameserver 10.0.0.4\n';
  expect(nameserversOf(text).map(({ host }) => host)).toEqual(['10.0.0.1', 'fe80::1', '10.0.0.3']);
  expect(nameserversOf('')).toEqual([{ host: '127.0.0.1', port: 53 }]);
});

it('a hosts file names hosts, several to a line, several lines to a host', () => {
  const hosts = readHosts('127.0.0.1 localhost Local.\n::1 localhost # that one too\nnonsense x\n');
  expect([...hosts]).toEqual([
    ['localhost', ['127.0.0.1', '::1']],
    ['local', ['127.0.0.1']],
  ]);
});
