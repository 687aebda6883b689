import { createServer, type Socket } from 'node:net';
import { typed } from './testing/typed.js';

describe('a command line', () => {
  it('may shorten a command as long as no other begins alike', async () => {
    expect((await typed(['vers'])).out).toContain('etcdctl version:');
    expect((await typed(['e'])).error).toContain('unknown command "e"');
  });

  it('suggests what may have been meant', async () => {
    const { error, exitCode } = await typed(['gte']);
    expect(error).toContain('Did you mean this?\n\tget\n');
    expect(exitCode).toBe(1);
  });

  it('takes flags before, between and after the words of a command', async () => {
    for (const line of [
      '--hex lease grant --help',
      'lease --hex grant -h',
      'lease grant -h --hex',
    ]) {
      expect((await typed(line.split(' '))).out).toContain('lease grant - Creates leases');
    }
  });

  it('shows help with options in columns, and ends well', async () => {
    const { out, exitCode } = await typed(['put', '--help']);
    expect(out).toContain('      --lease="0"\t\tlease ID (in hexadecimal) to attach to the key\n');
    expect(out).toContain("\tWhen <value> begins with '-', <value> is interpreted as a flag.\n");
    expect(exitCode).toBe(0);
  });

  it('prints every command in the help of the whole', async () => {
    const { out } = await typed(['--help']);
    expect(out).toContain('\tlease keep-alive\tKeeps leases alive (renew)\n');
    expect(out).not.toContain('__complete');
  });

  it.each([
    [['get', 'a', '--discovery-srv', 'x', '--write-out', 'y'], 4],
    [['get', 'a', '--auth-jwt-token', 't', '--user', 'u'], 128],
    [['user', 'add', 'a:b', '--nope'], 1],
  ])('%j ends with %i', async (words, exitCode) => {
    expect((await typed(words)).exitCode).toBe(exitCode);
  });

  it('at something that is no etcd says so before its time is up', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const line = ['get', 'a', '--endpoints', `127.0.0.1:${port}`, '--command-timeout', '2s'];
    const { error, exitCode } = await typed(line);
    expect(error).toMatch(/Error while dialing.*\nError: context deadline exceeded\n$/u);
    expect(exitCode).toBe(1);
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('does not guess the port of an endpoint without one', async () => {
    const line = ['get', 'a', '--endpoints', 'localhost', '--command-timeout', '1s'];
    const { error, exitCode } = await typed(line);
    expect(error).toContain('dial tcp: address localhost: missing port in address');
    expect(exitCode).toBe(1);
  });

  it('without any endpoint has nobody to ask', async () => {
    const { error, exitCode } = await typed(['get', 'a', '--endpoints', '']);
    expect([error, exitCode]).toEqual(['Error: etcdclient: no available endpoints\n', 2]);
  });
});

describe('--debug', () => {
  it('begins with the flags that count, as variables, but for what is secret', async () => {
    const line =
      'get a --debug --endpoints 127.0.0.1:1 --user u:secret --dial-timeout 1m1s --command-timeout 10ms';
    const { error } = await typed(line.split(' '), { ETCDCTL_HEX: 'true' });
    expect(error.split('\n').filter((each) => /^ETCDCTL_/u.test(each))).toEqual(
      expect.arrayContaining([
        'ETCDCTL_CACERT=',
        'ETCDCTL_DIAL_TIMEOUT=1m1s',
        'ETCDCTL_ENDPOINTS=[127.0.0.1:1]',
        'ETCDCTL_HEX=true',
        'ETCDCTL_USER=u:***',
        'ETCDCTL_WRITE_OUT=simple',
      ]),
    );
    expect(error).not.toContain('secret');
  });

  it('goes on with the connections that are tried', async () => {
    const line = 'get a --debug --endpoints 127.0.0.1:1 --command-timeout 1s';
    const { error } = await typed(line.split(' '));
    expect(error).toMatch(
      /^INFO: [\d/]+ [\d:]+ \[core\]Subchannel picks a new address "127\.0\.0\.1:1" to connect$/mu,
    );
  });
});

describe('the environment', () => {
  it('is told about variables that mean nothing, but not about those of watch', async () => {
    const { error } = await typed(['get', 'a', '-w', 'x'], {
      ETCDCTL_NOPE: '1',
      ETCDCTL_API: '3',
      ETCDCTL_WATCH_KEY: 'k',
    });
    expect(error).toMatch(/^[\d -]+[\d:.]+ W \| pkg\/flags: unrecognized.* ETCDCTL_NOPE=1\n/u);
    expect(error.match(/unrecognized/gu)).toHaveLength(1);
  });

  it('may not contradict a flag', async () => {
    const { error, exitCode } = await typed(['get', 'a', '-w', 'json'], { ETCDCTL_WRITE_OUT: 'x' });
    expect(error).toContain('conflicting environment variable "ETCDCTL_WRITE_OUT" is shadowed');
    expect(exitCode).toBe(1);
  });

  it('stands in for flags that were not given', async () => {
    const { error, exitCode } = await typed(['get', 'a'], { ETCDCTL_WRITE_OUT: 'x' });
    expect([error, exitCode]).toEqual(['Error: unsupported output format\n', 4]);
  });
});
