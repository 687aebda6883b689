import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { FAILPOINT_NAMES } from './names.js';

const LIBS = join(__dirname, '..', '..');

function sources(): string {
  const files = readdirSync(LIBS, { recursive: true, encoding: 'utf8' });
  const placed = files.filter(
    (file) =>
      /\/src\/.*\.ts$/u.test(file) && !file.endsWith('.spec.ts') && !file.startsWith('failpoint/'),
  );
  return placed.map((file) => readFileSync(join(LIBS, file), 'utf8')).join('\n');
}

describe('the list of failpoints', () => {
  const text = sources();
  const statements = text.match(/FAILPOINT: [^;]*;/gu) ?? [];

  it('names each once, and each has a place in the sources', () => {
    expect(new Set(FAILPOINT_NAMES).size).toBe(FAILPOINT_NAMES.length);
    const placed = statements.join('\n');
    expect(FAILPOINT_NAMES.filter((name) => !placed.includes(`'${name}'`))).toEqual([]);
  });

  it('has no place without the label that keeps it out of what users run', () => {
    const calls = text.match(/\bfailpoint\(/gu) ?? [];
    expect(calls.length).toBe(statements.length);
  });
});
