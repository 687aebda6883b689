import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { errorText } from './system-error.js';

function failureOf(attempt: () => unknown): unknown {
  try {
    attempt();
  } catch (error) {
    return error;
  }
  throw new Error('did not fail');
}

test('a file that cannot be read', () => {
  expect(errorText(failureOf(() => readFileSync('/does/not/exist')))).toBe(
    'open /does/not/exist: no such file or directory',
  );
  expect(errorText(failureOf(() => readFileSync('/')))).toBe('read: is a directory');
});

test('an address that somebody else listens on', async () => {
  const first = createServer();
  const second = createServer();
  await new Promise<void>((resolve) => first.listen(0, '127.0.0.1', resolve));
  const { port } = first.address() as AddressInfo;
  const error = await new Promise((resolve) =>
    second.once('error', resolve).listen(port, '127.0.0.1'),
  );
  first.close();
  expect(errorText(error)).toBe(`listen tcp 127.0.0.1:${port}: bind: address already in use`);
});

test('any other error keeps its words', () => {
  expect(errorText(new Error('no quorum'))).toBe('no quorum');
  expect(errorText('text')).toBe('text');
});
