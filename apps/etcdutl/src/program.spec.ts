import { runEtcdutl } from './program.js';

async function typed(line: string): Promise<{ out: string; error: string; exitCode: number }> {
  let out = '';
  let error = '';
  const exitCode = await runEtcdutl(line === '' ? [] : line.split(' '), {
    out: (bytes) => void (out += Buffer.from(bytes).toString()),
    error: (text) => void (error += text),
  });
  return { out, error, exitCode };
}

describe('etcdutl', () => {
  it('shows its commands to whoever names none', async () => {
    const { out, exitCode } = await typed('');
    expect(exitCode).toBe(0);
    expect(out).toMatch(
      /^Usage:\n {2}etcdutl \[command\]\n\nAvailable Commands:\n {2}completion /u,
    );
    expect(out).not.toContain('__complete');
  });

  it('helps with a command in either way', async () => {
    const asked = await typed('help snapshot restore');
    expect(asked.out).toContain('Usage:\n  etcdutl snapshot restore <filename> --data-dir');
    expect(await typed('snapshot restore --help')).toEqual(asked);
  });

  it('says which flags are missing, with how to use it', async () => {
    const { out, error, exitCode } = await typed('migrate --data-dir x');
    expect([out, exitCode]).toEqual(['', 1]);
    expect(error).toMatch(/^Error: required flag\(s\) "target-version" not set\nUsage:\n/u);
  });

  it.each([
    ['snapshot status', 128, 'Error: snapshot status requires exactly one argument\n'],
    ['snapshot status /no/such', 1, 'Error: stat /no/such: no such file or directory\n'],
    ['snapshot restore x --bump-revision 1', 128, 'Error: --mark-compacted required'],
    ['nope', 1, 'Error: unknown command "nope" for "etcdutl"\n'],
    ['completion tcsh', 1, 'Error: invalid argument "tcsh" for "etcdutl completion"\n'],
  ])('%s ends with %i', async (line, code, message) => {
    const { error, exitCode } = await typed(line);
    expect(exitCode).toBe(code);
    expect(error.startsWith(message)).toBe(true);
  });

  it('completes what shells ask it to', async () => {
    expect((await typed('completion bash')).out).toContain('-F __etcdutl_complete etcdutl\n');
    expect((await typed('__complete sna')).out).toBe('snapshot\tManages etcd node snapshots\n:4\n');
    expect((await typed('__complete completion z')).out).toBe('zsh\n:4\n');
    expect((await typed('__complete snapshot status --writ')).out).toMatch(/^--write-out\t/u);
  });
});
