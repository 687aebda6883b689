import { spawn } from 'node:child_process';
import { join } from 'node:path';

export const FUZZ = join(__dirname, '..');

export interface NodeRun {
  readonly code: number | null;
  readonly output: string;
}

export function runNode(args: readonly string[]): Promise<NodeRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => void output.push(chunk));
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output: Buffer.concat(output).toString() }));
  });
}
