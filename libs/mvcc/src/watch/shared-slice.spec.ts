import { Revision } from '@etcd-ts/foundation';
import fc from 'fast-check';

import type { RevisionCommit } from '../watch-event.js';
import { SharedSlice } from './shared-slice.js';

const COMMITS: readonly RevisionCommit[] = [1, 2, 3, 4].map((at) => ({
  revision: Revision(at),
  events: [],
}));
const commits = fc.array(fc.constantFrom(...COMMITS), { maxLength: 6 });

test('who wants the same commits gets the same array, and it holds them in order', () => {
  fc.assert(
    fc.property(fc.array(commits, { minLength: 1, maxLength: 20 }), (wanted) => {
      const nothing = new SharedSlice();
      const slices = wanted.map((each) =>
        each.reduce((slice, commit) => slice.with(commit), nothing),
      );
      const byText = new Map<string, readonly RevisionCommit[]>();
      slices.forEach((slice, at) => {
        expect(slice.commits).toEqual(wanted[at]);
        const text = slice.commits.map(({ revision }) => revision).join();
        byText.set(text, byText.get(text) ?? slice.commits);
        expect(slice.commits).toBe(byText.get(text));
      });
    }),
  );
});
