import { campaignExitCode, SEED_OF_THE_CLOCK } from './campaign-command.js';

const OPTIONS = [
  SEED_OF_THE_CLOCK,
  { name: 'rounds', kind: 'count', default: '5', min: 1, help: 'one after the other' },
  { name: 'minutes', kind: 'number', default: '0.5', min: 0.01, help: 'of each' },
  { name: 'fault', kind: 'text', default: '', help: 'this one alone' },
  { name: 'list', kind: 'switch', default: 'false', help: 'only tell what there is' },
] as const;

/** What came of it: the exit code, what the campaign was given, and what was said where. */
async function play(
  argv: readonly string[],
  run: () => Promise<number | void> = () => Promise.resolve(),
): Promise<{ exitCode: number; given: unknown; stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  let given: unknown;
  const exitCode = await campaignExitCode(
    {
      name: 'trial',
      purpose: 'a trial',
      options: OPTIONS,
      complaint: ({ fault }) => (fault === 'none' ? 'no such fault: none' : undefined),
      run: (values) => {
        given = values;
        return run();
      },
    },
    argv,
    {
      stdout: (line) => (said.stdout += `${line}\n`),
      stderr: (line) => (said.stderr += `${line}\n`),
    },
  );
  return { exitCode, given, ...said };
}

it('a campaign gets numbers, and what was not said by default', async () => {
  const { exitCode, given } = await play(['--seed=7', '--minutes', '1.5', '--list']);
  expect(exitCode).toBe(0);
  expect(given).toEqual({ seed: 7, rounds: 5, minutes: 1.5, fault: '', list: true });
});

it.each([
  [['--rounds', 'abc'], 'invalid value "abc" for --rounds: a whole number, at least 1'],
  [['--rounds', '0'], 'invalid value "0" for --rounds'],
  [['--rounds', '1e3'], 'invalid value "1e3" for --rounds'],
  [['--rounds='], 'invalid value "" for --rounds'],
  [['--minutes', '-1'], 'invalid value "-1" for --minutes: a number, at least 0.01'],
  [['--minutes', 'NaN'], 'invalid value "NaN" for --minutes'],
  [['--seed', '1.5'], 'invalid value "1.5" for --seed'],
  [['--round', '3'], 'unknown option: --round'],
  [['--rounds'], '--rounds wants a value'],
  [['3'], '"3" is not an option'],
  [['--fault', 'none'], 'no such fault: none'],
])('%j is refused before anything runs, with the usage', async (argv, complaint) => {
  const { exitCode, given, stderr } = await play(argv);
  expect([exitCode, given]).toEqual([2, undefined]);
  expect(stderr).toContain(`trial: ${complaint}`);
  expect(stderr).toContain('\nusage: npm run trial -- [options]     a trial\n  --seed COUNT');
  expect(stderr).toContain('  --rounds COUNT             one after the other (5 unless said)\n');
});

it('whoever asks for help gets it', async () => {
  const { exitCode, given, stdout } = await play(['--help']);
  expect([exitCode, given]).toEqual([0, undefined]);
  expect(stdout).toContain('usage: npm run trial');
});

it('a finding is an exit code, and so is a campaign that broke, without the usage', async () => {
  expect((await play([], () => Promise.resolve(3))).exitCode).toBe(3);
  const { exitCode, stderr } = await play([], () => Promise.reject(new Error('no port')));
  expect(exitCode).toBe(1);
  expect(stderr).toContain('Error: no port');
  expect(stderr).not.toContain('usage');
});
