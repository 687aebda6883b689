import { PutRequest, PutResponse } from '@etcd-ts/wire-protocol';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { framed } from '../testing/raw-call.js';
import { blob, kv, putOf } from '../testing/testing-calls.js';
import type { TestingServer } from '../testing/testing-server.js';
import { startTestingServer } from '../testing/testing-server.js';

const run = promisify(execFile);
/** Tools that a machine may lack; Go's own client is tried in e2e. */
const itWith = (tool: string): typeof it =>
  spawnSync(tool, ['--version']).status === 0 ? it : it.skip;

const STREAMED = 50;
let server: TestingServer;
let directory: string;
let body: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'rpc-interop-'));
  body = join(directory, 'body');
  writeFileSync(body, framed(PutRequest.encode(putOf('key', Buffer.alloc(300))).finish()));
  server = await startTestingServer({
    services: [
      kv({
        put: ({ key }) => PutResponse.fromPartial({ prevKv: { key } }),
        rangeStream: async (_request, _call, out) => {
          for (let i = 0; i < STREAMED; i++) if (!out.write(blob(10_000))) await out.drained();
        },
      }),
    ],
  });
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

const url = (method: string): string => `http://${server.address}/etcdserverpb.KV/${method}`;
const GRPC = ['-H', 'content-type: application/grpc', '-H', 'te: trailers'];

describe('other people’s HTTP/2', () => {
  itWith('curl')('curl gets the answer and its trailers', async () => {
    const answer = join(directory, 'answer');
    const { stdout } = await run('curl', [
      ...['--silent', '--http2-prior-knowledge', '--dump-header', '-', '--output', answer],
      ...[...GRPC, '--data-binary', `@${body}`, url('Put')],
    ]);
    expect(stdout.split(/\r?\n/u)).toEqual(
      expect.arrayContaining(['HTTP/2 200 ', 'content-type: application/grpc', 'grpc-status: 0']),
    );
    const message = readFileSync(answer).subarray(5);
    expect(PutResponse.decode(message).prevKv?.key.toString()).toBe('key');
  });

  itWith('nghttp').each([
    ['as it is', []],
    ['with padding and long header blocks', ['--padding=200', '--continuation']],
    ['without a header table', ['--header-table-size=0', '--encoder-header-table-size=0']],
    ['with small windows', ['--window-bits=12', '--connection-window-bits=14']],
  ])('nghttp is served, %s', async (_how, options) => {
    const { stdout } = await run(
      'nghttp',
      [
        '-v',
        '-n',
        '-m',
        '5',
        ...options,
        '-H',
        ':method: POST',
        ...GRPC,
        '-d',
        body,
        url('RangeStream'),
      ],
      { maxBuffer: 2 ** 26 },
    );
    expect(stdout.match(/grpc-status.*: 0/gu)).toHaveLength(5);
    expect(stdout).not.toMatch(/recv (?:RST_STREAM|GOAWAY)/u);
  });

  itWith('h2load')('h2load counts no failure: 10,000 calls on ten connections', async () => {
    const { stdout } = await run('h2load', [
      ...['-n', '10000', '-c', '10', '-m', '100', ...GRPC, '-d', body, url('Put')],
    ]);
    expect(stdout).toContain('10000 succeeded, 0 failed, 0 errored, 0 timeout');
  });
});
