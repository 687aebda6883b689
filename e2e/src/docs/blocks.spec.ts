import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { workspaceRoot } from '@etcd-ts/testkit';

import { atHost, blocksNotRun, stepsOf } from './page.js';

const ROOT = workspaceRoot();
const PAGES = [
  ...readdirSync(ROOT).filter((path) => path.endsWith('.md')),
  ...['docs', 'docker'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md'))
      .map((path) => join(folder, path)),
  ),
].sort();

/** What a block begins with that readers are told to run and `docs.spec.ts` does not, and why. */
const ELSEWHERE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'README.md': {
    'npm ci && npm start': 'tools/test/smoke.mjs starts it so, after .ci/run has run npm test',
    "$ etcdctl put greeting 'hello from node'": 'tools/test/smoke.mjs runs it, from .ci/run',
  },
  'docker/README.md': {
    'docker build': 'no container engine here; e2e/src/packaging runs what is in the images',
    'useradd --system': 'changes the machine; units.spec.ts runs the units without systemd',
  },
};

describe('every block of a page that tells a reader to do something', () => {
  it.each(PAGES)('is run by a test, or there is a reason: %s', (path) => {
    const reasons = Object.keys(ELSEWHERE[path] ?? {});
    const blocks = blocksNotRun(readFileSync(join(ROOT, path), 'utf8'));
    const forgotten = blocks.filter(
      ({ text }) => !reasons.some((beginning) => text.startsWith(beginning)),
    );
    expect(forgotten).toEqual([]);
    expect(blocks).toHaveLength(reasons.length);
  });
});

/** The copies are checked with the types of all else: a compiler just for pages would take long. */
it('every program of a page is what its copy in programs/ is', () => {
  const copies = readdirSync(join(__dirname, 'programs')).sort();
  const programs = PAGES.flatMap((path) =>
    stepsOf(join(ROOT, path)).flatMap((step) =>
      step.kind === 'program' ? [{ copy: `${basename(path, '.md')}.ts`, text: step.text }] : [],
    ),
  );
  expect(programs.map(({ copy }) => copy)).toEqual(copies);
  for (const { copy, text } of programs) {
    expect(text).toBe(readFileSync(join(__dirname, 'programs', copy), 'utf8'));
  }
});

describe('a block is found that nobody runs', () => {
  it.each([
    ['```sh\nrm x\n```\n', ['sh']],
    ['```console\n$ rm x\n```\n', ['console']],
    ['a\n\n```\nwho knows\n```\n', ['']],
    ['```console run\n$ ls\n```\n\n```ts\nawait rm();\n```\n', ['ts']],
    ['```console run fresh\n$ ls\n```\n\n```text\nshown\n```\n', []],
    ['```console runs\n$ ls\n```\n', ['console runs']],
  ])('%j', (text, found) => {
    expect(blocksNotRun(text).map(({ info }) => info)).toEqual(found);
  });
});

it('at another host a command has that one’s name and address, and the list of all as it was', () => {
  const command =
    'etcd --name one --data-dir one.etcd --listen-peer-urls http://10.0.0.1:2380 \\\n' +
    '  --initial-cluster one=http://10.0.0.1:2380,two=http://10.0.0.2:2380 > one.log 2>&1 &';
  const one = { name: 'one', address: '10.0.0.1' };
  expect(atHost(command, one, one)).toBe(command);
  expect(atHost(command, one, { name: 'two', address: '10.0.0.2' })).toBe(
    'etcd --name two --data-dir two.etcd --listen-peer-urls http://10.0.0.2:2380 \\\n' +
      '  --initial-cluster one=http://10.0.0.1:2380,two=http://10.0.0.2:2380 > two.log 2>&1 &',
  );
});
