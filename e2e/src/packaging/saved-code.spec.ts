import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createScratchDirectory,
  removeScratchDirectory,
  runCommand,
  workspaceRoot,
} from '@etcd-ts/testkit';

const ROOT = workspaceRoot();
const BUILD_LIMIT_MS = 120_000;

let directory: string;

beforeAll(async () => {
  // Builds what is not built.
  await runCommand(join(ROOT, 'bin', 'etcdctl'), ['version'], { timeoutMs: BUILD_LIMIT_MS });
}, BUILD_LIMIT_MS);
beforeEach(() => (directory = createScratchDirectory('saved-code')));
afterEach(() => removeScratchDirectory(directory));

/** The bundle that main.cjs names, with or without what has been made of it. */
function install(): void {
  const built = join(ROOT, 'dist', 'apps', 'etcdctl');
  const [program = ''] =
    /program\.\w+\.cjs/u.exec(readFileSync(join(built, 'main.cjs'), 'utf8')) ?? [];
  for (const name of ['main.cjs', program]) copyFileSync(join(built, name), join(directory, name));
}

const savedCode = (): string[] => readdirSync(directory).filter((name) => name.endsWith('.code'));
const codePath = (): string => join(directory, savedCode()[0] ?? 'none');

async function expectToWork(): Promise<void> {
  const { exitCode, stdout, stderr } = await runCommand(process.execPath, [
    join(directory, 'main.cjs'),
    'version',
  ]);
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^etcdctl version: /u);
}

describe('what V8 has made of a program', () => {
  it('is saved by the first run, and used by the next as it is', async () => {
    install();
    await expectToWork();
    expect(savedCode()).toHaveLength(1);
    const before = readFileSync(codePath());
    await expectToWork();
    expect(readFileSync(codePath()).equals(before)).toBe(true);
  });

  it.each([
    ['torn', (bytes: Buffer) => bytes.subarray(0, 5000)],
    ['empty', () => Buffer.alloc(0)],
    ['other by a bit', (bytes: Buffer) => Buffer.from(bytes.with(9000, (bytes[9000] ?? 0) ^ 1))],
  ])('is made again when it is %s, and nobody hears of it', async (_kind, damage) => {
    install();
    await expectToWork();
    const good = readFileSync(codePath());
    writeFileSync(codePath(), damage(good));
    await expectToWork();
    expect(readFileSync(codePath()).length).toBeGreaterThan(good.length / 2);
    await expectToWork();
  });

  it('is not needed: who may not save it runs without', async () => {
    install();
    await expectToWork();
    const path = codePath();
    rmSync(path);
    // Neither can be read as a file nor be replaced by one.
    mkdirSync(join(path, 'in the way'), { recursive: true });
    await expectToWork();
  });
});
