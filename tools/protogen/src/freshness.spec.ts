import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../../..');
const GENERATED = path.join(ROOT, 'libs/wire-protocol/src/generated');
const TIMEOUT_MS = 60_000;

function check(directory?: string): { status: number | null; stderr: string } {
  const script = path.join(ROOT, 'tools/protogen/main.mjs');
  const args = [script, '--check', ...(directory === undefined ? [] : [directory])];
  return spawnSync(process.execPath, args, { encoding: 'utf8' });
}

describe('the generated code', () => {
  it(
    'is what the contracts in proto/ generate',
    () => expect(check()).toMatchObject({ status: 0, stderr: '' }),
    TIMEOUT_MS,
  );

  it(
    'is told apart from code somebody edited, added to or took away from',
    () => {
      const copy = mkdtempSync(path.join(tmpdir(), 'protogen-spec-'));
      try {
        cpSync(GENERATED, copy, { recursive: true });
        appendFileSync(path.join(copy, 'mvccpb/kv.pb.ts'), '// edited\n');
        appendFileSync(path.join(copy, 'mvccpb/extra.pb.ts'), '');
        rmSync(path.join(copy, 'raftpb/raft.pb.ts'));
        const { status, stderr } = check(copy);
        expect(status).toBe(1);
        expect(stderr.match(/(?<=generates: ).*/g)).toEqual([
          'mvccpb/extra.pb.ts',
          'mvccpb/kv.pb.ts',
          'raftpb/raft.pb.ts',
        ]);
      } finally {
        rmSync(copy, { recursive: true, force: true });
      }
    },
    TIMEOUT_MS,
  );
});
