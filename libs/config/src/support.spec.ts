import { OPTIONS } from './option-schema.js';
import { flags } from './testing/parsing.js';

describe('an option whose feature is not built', () => {
  const others: Readonly<Record<string, string>> = {
    bool: 'flip',
    int: '7',
    uint: '7',
    duration: '7m',
    string: 'other',
    list: 'other',
  };
  const unbuilt = OPTIONS.filter(
    ({ support }) => support === 'later' || (typeof support === 'object' && 'without' in support),
  );
  // These three are refused by a check of etcd's own before it comes to support.
  const checkedBefore = ['discovery-token', 'discovery-endpoints', 'discovery-fallback'];

  test.each(unbuilt.map((option) => [option.name, option] as const))(
    '--%s is accepted at its default',
    (name, option) => {
      expect(flags(`--${name}=${option.default}`).kind).toBe('run');
    },
  );

  test.each(
    unbuilt
      .filter(({ name }) => !checkedBefore.includes(name))
      .map((option) => [option.name, option] as const),
  )('--%s stops the start at any other value, naming the flag', (name, option) => {
    const flipped = option.default === 'true' ? 'false' : 'true';
    const other = option.kind === 'choice' ? 'array' : (others[option.kind] ?? '');
    const outcome = flags(`--${name}=${other === 'flip' ? flipped : other}`);
    expect(outcome).toMatchObject({ kind: 'error', exitCode: 1 });
    expect(outcome.kind === 'error' && outcome.message).toMatch(
      new RegExp(`^--${name} is not supported (yet by this version of|by) etcd-ts`, 'u'),
    );
  });

  test.each([
    [['--feature-gates=AllAlpha=true'], '--feature-gates: StopGRPCServiceOnDefrag=true'],
    [['--feature-gates=AllBeta=false'], '--feature-gates: TxnModeWriteWithSharedBuffer=false'],
  ])('%j stops the start', (argv, what) => {
    expect(flags(...argv)).toMatchObject({
      kind: 'error',
      message: `${what} is not supported yet by this version of etcd-ts`,
      exitCode: 1,
    });
  });

  test('gates at their defaults ask for nothing', () => {
    const gates = 'FastLeaseKeepAlive=true,AllAlpha=true,AllAlpha=false';
    expect(flags(`--feature-gates=${gates}`).kind).toBe('run');
  });
});
