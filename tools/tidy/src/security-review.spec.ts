import { dirname, join } from 'node:path';

import { exists, readText } from './source-tree.js';

/** What reviews of the original have found, by the names it was published under. */
const PUBLISHED = [
  ...Array.from({ length: 17 }, (_, at) => `TOB-ETCD-${String(at + 1).padStart(3, '0')}`),
  ...['2018-1098', '2018-1099', '2018-16886', '2020-15106', '2020-15112', '2020-15113'],
  ...['2020-15114', '2020-15115', '2020-15136', '2021-28235', '2023-32082', '2026-33413'],
  ...['2026-33343', '2026-44283', '2026-73500', '2026-33186', '2023-44487'],
  ...['GHSA-xg4h-6gfc-h4m8', 'GHSA-6vch-q96h-7gc3', 'GHSA-3wh4-j44w-pg92', '#15676'],
].map((name) => (/^\d/u.test(name) ? `CVE-${name}` : name));

/** Rows of the tables in a document, as cells. */
const rowsOf = (path: string): readonly (readonly string[])[] =>
  readText(path)
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split(/(?<!\\) \| |^\| | \|$/u).map((cell) => cell.trim()));

const NAMED_TEST = /\]\(\.\.\/([^)]+)\): `([^`]+)`/gu;

describe('the security review', () => {
  it('has a test for each published defect, which is there', () => {
    const rows = rowsOf('docs/security.md').filter(([, , , tests = '']) => tests.includes('](../'));
    const missing: string[] = [];
    for (const [, id = '', , tests = ''] of rows) {
      const named = [...tests.matchAll(NAMED_TEST)];
      if (named.length === 0) missing.push(`${id}: no test`);
      for (const [, path = '', test = ''] of named) {
        if (!exists(path) || !readText(path).includes(test)) missing.push(`${path}: ${test}`);
      }
    }
    expect(missing).toEqual([]);
    // "TOB-ETCD-001, -004" stands for both.
    const ids = rows.flatMap(([, id = '']) =>
      id.split(', ').map((one) => one.replace(/^-(?=\d{3}$)/u, 'TOB-ETCD-')),
    );
    expect(PUBLISHED.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('names as dependencies what package.json has, in its versions', () => {
    const { dependencies } = JSON.parse(readText('package.json')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const listed = rowsOf('docs/dependencies.md')
      .filter(([, , version = '']) => /^\d+\.\d+\.\d+$/u.test(version))
      .map(([, name = '', version = '']) => [name.replaceAll('`', ''), version]);
    expect(Object.fromEntries(listed)).toEqual(dependencies);
  });

  it.each(['docs/security.md', 'docs/dependencies.md', 'THREAT_MODEL.md'])(
    'has links in %s that lead somewhere',
    (document) => {
      const links = [...readText(document).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/gu)];
      const lost = links
        .map(([, target = '']) => join(dirname(document), target))
        .filter((path) => !exists(path));
      expect(lost).toEqual([]);
    },
  );
});
