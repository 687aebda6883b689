import { eventually } from '@etcd-ts/testkit';
import type { BackgroundCommand } from '@etcd-ts/testkit';

import { usePair, type Both } from './pair.js';
import { splitLine } from './script.js';

const pair = usePair();

async function runAll(lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    const { ours, reference } = await pair().run(splitLine(line));
    expect(ours).toEqual(reference);
  }
}

async function bothPrint(watches: Both<BackgroundCommand>, text: RegExp | string): Promise<void> {
  await eventually(`both watches print ${text}`, () =>
    [watches.ours, watches.reference].every(({ stdout }) => stdout.match(text) !== null)
      ? true
      : undefined,
  );
}

/** Waits until both watches have printed `last`, then stops them and compares all they printed. */
async function expectSameEvents(watches: Both<BackgroundCommand>, last: string): Promise<void> {
  await bothPrint(watches, last);
  const [ours, reference] = await Promise.all([watches.ours.stop(), watches.reference.stop()]);
  expect(pair().text('ours', ours.stdout)).toBe(pair().text('reference', reference.stdout));
  expect(ours.exitCode).toBe(reference.exitCode);
}

/** A watch from now on is there when it answers: a put is repeated until it shows up. */
async function untilWatching(watches: Both<BackgroundCommand>, key: string): Promise<void> {
  await eventually('both watches are there', async () => {
    await pair().run(['put', key, 'probe']);
    return [watches.ours, watches.reference].every(({ stdout }) => stdout.includes('probe'))
      ? true
      : undefined;
  });
}

const HISTORY = [
  'put w/a 1',
  'put w/b 1',
  'put w/a 2',
  'del w/a',
  'put other 1',
  'put w/a 3',
  'del w --prefix',
  'put w/last LAST',
];

describe('watch prints what the original makes it print', () => {
  beforeAll(() => runAll(HISTORY));

  it.each([
    'watch w/ --prefix --rev 1',
    'watch w/ --prefix --rev 3',
    'watch w/ --prefix --rev 1 --prev-kv',
    'watch w/ --prefix --rev 1 -w json',
    'watch w/ --prefix --rev 1 --prev-kv -w json',
    'watch w/ --prefix --rev 1 --prev-kv -w fields',
    'watch w/ --prefix --rev 1 --hex',
    'watch w/a x --rev 1',
    'watch w/b x --rev 4 --prev-kv',
    'watch "" --prefix --rev 2',
    'watch w/last --rev 1',
  ])('%s', async (line) => {
    const last = line.includes('json') ? 'TEFTVA==' : line.includes('hex') ? '4c\\\\x41' : 'LAST';
    await expectSameEvents(pair().start(splitLine(line)), last);
  });

  it('follows changes from now on', async () => {
    const watches = pair().start(['watch', 'live', '--prefix']);
    await untilWatching(watches, 'live');
    await runAll(['put live/x 1', 'del live/x', 'put live/y END']);
    await bothPrint(watches, 'END');
    const [ours, reference] = await Promise.all([watches.ours.stop(), watches.reference.stop()]);
    // How many of the probes each watch saw depends on when it was there.
    const fromChanges = (stdout: string): string => stdout.slice(stdout.indexOf('PUT\nlive/x'));
    expect(fromChanges(ours.stdout)).toBe(fromChanges(reference.stdout));
  });

  it('takes several watches and a progress request in interactive mode', async () => {
    const watches = pair().start(['watch', '-i']);
    typeInto(watches, 'watch w/a --rev 1\nwatch w/b --rev 1 --prev-kv\nwatch probed\n');
    await untilWatching(watches, 'probed');
    typeInto(watches, 'progress\n');
    await bothPrint(watches, /progress notify: \d+/);
    const [ours, reference] = await Promise.all([watches.ours.stop(), watches.reference.stop()]);
    expect(progressIn(ours.stdout)).toBe(progressIn(reference.stdout));
    expect(ours.exitCode).toBe(reference.exitCode);
  });

  it('runs a command for each event', async () => {
    const line = `watch w/ --prefix --rev 1 -- sh -c`;
    const print =
      'echo $ETCD_WATCH_REVISION $ETCD_WATCH_EVENT_TYPE $ETCD_WATCH_KEY $ETCD_WATCH_VALUE';
    await expectSameEvents(pair().start([...splitLine(line), print]), '"LAST"');
  });

  it('is canceled when its history has been compacted', async () => {
    await runAll(['compaction 6']);
    const watches = pair().start(['watch', 'w/', '--prefix', '--rev', '2']);
    const [ours, reference] = await Promise.all([watches.ours.ended, watches.reference.ended]);
    expect(pair().text('ours', ours.stderr)).toBe(pair().text('reference', reference.stderr));
    expect(ours.exitCode).toBe(reference.exitCode);
  });

  it('refuses bad command lines alike', async () => {
    await runAll(['watch', 'watch a b c', 'watch a --prefix b', 'watch a --nonsense']);
  });
});

function typeInto(watches: Both<BackgroundCommand>, lines: string): void {
  watches.ours.write(lines);
  watches.reference.write(lines);
}

function progressIn(stdout: string): string | undefined {
  return /progress notify: \d+/.exec(stdout)?.[0];
}
