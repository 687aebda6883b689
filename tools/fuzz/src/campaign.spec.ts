import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FUZZ, runNode } from './node-run.js';

/** What a campaign has answered; of interest here. */
interface Result {
  readonly seed: number;
  readonly rounds: number;
  readonly cases: number;
  readonly finding?: string;
}

const directory = mkdtempSync(join(tmpdir(), 'fuzz-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs a target with this text in place of a bundle. */
async function campaign(target: string, limits: object): Promise<Result & { output: string }> {
  const bundle = join(directory, 'target.cjs');
  writeFileSync(bundle, target);
  const script = [
    `import { campaign } from ${JSON.stringify(pathToFileURL(join(FUZZ, 'campaign.mjs')).href)};`,
    `const limits = ${JSON.stringify({ seed: 7, ...limits })};`,
    `const result = await campaign('planted', ${JSON.stringify(bundle)}, limits, console.log);`,
    'console.log(JSON.stringify(result));',
  ];
  const { output } = await runNode(['--input-type=module', '-e', script.join('\n')]);
  const last = output.trim().split('\n').at(-1) ?? '';
  return { ...(JSON.parse(last) as Result), output };
}

const at = (seed: number, what: string): string =>
  `exports.round = (seed) => { if (seed === ${seed}) { ${what} } return 10; };`;

describe('a campaign', () => {
  it('counts cases, and ends when it has tried enough', async () => {
    const result = await campaign(at(0, ''), { cases: 95 });
    expect(result).toMatchObject({ cases: 100, rounds: 10 });
    expect(result.finding).toBeUndefined();
    expect(await campaign(at(0, ''), { rounds: 3 })).toMatchObject({ cases: 30, rounds: 3 });
  });

  it('tries first the seeds that have found something, but not when asked for one round', async () => {
    const target = `${at(99, "throw new Error('again')")} exports.foundSeeds = [5, 99];`;
    const result = await campaign(target, { cases: 1_000 });
    expect(result).toMatchObject({ seed: 99, rounds: 1 });
    expect(result.finding).toBeDefined();
    expect((await campaign(target, { rounds: 1 })).finding).toBeUndefined();
  });

  it.each([
    ['what a round throws', "throw new Error('the reason')"],
    ['what a round rejects with', "return Promise.reject(new Error('the reason'))"],
    ['a rejection nobody handles', "Promise.reject(new Error('the reason'))"],
    ['an exception nobody catches', "setImmediate(() => { throw new Error('the reason'); })"],
  ])('finds %s, and says how to see it again', async (_what, statement) => {
    const { finding, output } = await campaign(at(7, statement), { rounds: 1 });
    expect(finding).toBeDefined();
    expect(output).toContain('the reason');
    expect(output).toContain('again: npm run fuzz -- planted --seed 7 --rounds 1');
  });

  it('finds a round without an end, by its seed', async () => {
    const hang = await campaign(at(12, 'for (;;);'), { hangMilliseconds: 2_000 });
    expect(hang).toMatchObject({ seed: 12, finding: 'no end of seed 12' });
  });

  it('finds the end of the process, by its seed', async () => {
    const end = await campaign(at(9, "process.kill(process.pid, 'SIGSEGV')"), {});
    expect(end).toMatchObject({ seed: 9, finding: 'the process died of SIGSEGV, seed 9' });
  });

  it('finds a heap that keeps growing', async () => {
    const leak =
      'const kept = []; exports.round = () => { kept.push(Buffer.alloc(4e6, 1)); return 1; };';
    const { finding, output } = await campaign(leak, { rounds: 200, heapLookMilliseconds: 1 });
    expect(finding).toBeDefined();
    expect(output).toContain('the heap has grown');
  });
});

describe('the command', () => {
  it.each([
    ['--cases', '0'],
    ['--cases', '1.5'],
    ['--minutes', 'one'],
    ['--minutes', '-1'],
    ['--seed', ''],
    ['--rounds', '1e400'],
    ['--target', 'no-such-target'],
    ['--unknown', '1'],
  ])('refuses %s %p', async (name, value) => {
    const { code, output } = await runNode([join(FUZZ, 'main.mjs'), `${name}=${value}`]);
    expect([code, output]).toEqual([2, expect.stringContaining('usage: fuzz')]);
  });

  it('lists the targets and whose they are', async () => {
    const { code, output } = await runNode([join(FUZZ, 'main.mjs'), '--list']);
    expect(code).toBe(0);
    expect(output).toMatch(/^http2 +libs\/rpc$/mu);
  });
});
