import { shownArguments } from './shown-arguments.js';

test.each([
  [
    ['--name', 'a', '--data-dir=b'],
    ['--name', 'a', '--data-dir=b'],
  ],
  [
    ['--discovery-password', 'secret', '--name', 'a'],
    ['--discovery-password', '***', '--name', 'a'],
  ],
  [['--discovery-password=sec=ret\n'], ['--discovery-password=***']],
  [['-discovery-user=root:secret'], ['-discovery-user=***']],
  [
    ['--discovery-user', '--discovery-password=secret'],
    ['--discovery-user', '***'],
  ],
  [
    ['--discovery=https://me:secret@host/token', '--discovery-proxy', 'http://me:se@cret@proxy:1'],
    ['--discovery=https://***@host/token', '--discovery-proxy', 'http://***@proxy:1'],
  ],
  [['--discovery=https://host/token'], ['--discovery=https://host/token']],
])('%j is shown as %j', (argv, shown) => {
  expect(shownArguments(argv)).toEqual(shown);
});
