import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { itPrintsTheSame, useProgramPair } from './program-pair.js';

/* Our etcdctl at our server: the same as the original's there, and what is new since 3.4. */

const pair = useProgramPair('ours');

describe('at our server both programs print the same', () => {
  itPrintsTheSame(pair, [
    'put a 1',
    'put b 2 --prev-kv -w json',
    'get "" --prefix -w json',
    'get a -w protobuf',
    'get a --rev 99',
    { line: 'txn -w json', stdin: 'mod("a") > "0"\n\nput a 2\nget a\n\n\n' },
    'del a --prev-kv -w fields',
    'member list -w table',
    'endpoint health',
    'lease timetolive 1234 -w json',
    'move-leader 12',
    'defrag',
  ]);
});

describe('what 3.4 did not have', () => {
  const ours = async (line: string): Promise<string> => {
    const { stdout, stderr, exitCode } = await pair().one('ours', line);
    return `${stdout}${stderr}${exitCode === 0 ? '' : `exit ${exitCode}`}`;
  };

  it('streams a range', async () => {
    for (const key of ['s/1', 's/2', 's/3']) await ours(`put ${key} v`);
    expect(await ours('get s/ --prefix --stream --keys-only')).toBe('s/1\n\ns/2\n\ns/3\n\n');
    const json = await ours('get s/ --prefix --stream -w json');
    expect(json).toMatch(/^\{"header":\{.*"count":3\}\n$/u);
  });

  it('counts keys, and filters them by revision', async () => {
    expect(await ours('get s/ --prefix --count-only -w fields')).toMatch(/"Count" : 3\n$/u);
    expect(await ours('get s/ --prefix --count-only')).toContain('exit 128');
    const all = await ours('get s/ --prefix -w json');
    const revision = /"mod_revision":(\d+)/u.exec(all)?.[1] ?? '';
    const first = await ours(`get s/ --prefix --max-mod-rev ${revision} --print-value-only`);
    expect(first).toBe('v\n');
  });

  it('waits before it deletes a range that was not asked for as one', async () => {
    const begun = performance.now();
    const output = await ours('del s/1 s/2');
    expect(output).toMatch(/^1\nWarning: Keys between "s\/1" and "s\/2" will be deleted\. /u);
    expect(performance.now() - begun).toBeGreaterThan(2_000);
    expect(await ours('del s/2 s/4 --range')).toBe('2\n');
  });

  it('shows more of a member, and ids as everywhere with --hex', async () => {
    const [, , version, storage, size, , , quota] = (await ours('endpoint status')).split(', ');
    expect([version, storage, quota]).toEqual(['3.7.1', '3.7.0', '2.1 GB']);
    expect(size).toMatch(/^\d+ kB$/u);
    expect(await ours('endpoint hashkv')).toMatch(/^ENDPOINT|127\.0\.0\.1:\d+, \d+, \d+\n$/u);
    expect(await ours('member list --hex -w json')).toMatch(/"ID":"[0-9a-f]+"/u);
  });

  it('lists global options, completes words and knows its version', async () => {
    expect(await ours('options')).toContain('--command-timeout=5s');
    expect(await ours('__complete ge')).toBe('get\tGets the key or a range of keys\n:4\n');
    expect(await ours('__complete get --pre')).toBe(
      '--prefix\tGet keys with matching prefix\n:4\n',
    );
    for (const shell of ['bash', 'zsh', 'fish']) {
      expect(await ours(`completion ${shell}`)).toContain('__complete');
    }
    expect(await ours('version')).toBe('etcdctl version: 3.7.1\nAPI version: 3.7\n');
  });

  it('ends without a word when whoever reads has gone', async () => {
    const big = 'x'.repeat(100_000);
    for (let i = 0; i < 5; i++) await pair().one('ours', `put big/${i}`, { stdin: big });
    const [program, args] = pair().command('ours', 'get big/ --prefix');
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout.destroy();
    const [exitCode, signal] = (await once(child, 'close')) as [number | null, string | null];
    expect([stderr, exitCode, signal]).toEqual(['', null, 'SIGPIPE']);
  });
});
