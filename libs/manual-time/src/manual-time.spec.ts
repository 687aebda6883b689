import { ManualTime } from './manual-time.js';

describe('manual time', () => {
  let time: ManualTime;
  let fired: string[];
  const note = (what: string) => (): void => {
    fired.push(`${what} at ${time.monotonicMs()}`);
  };

  beforeEach(() => {
    time = new ManualTime(1_000);
    fired = [];
  });

  it('fires in order of time, each timer at its own moment', () => {
    time.after(30, note('late'));
    time.every(20, note('again'));
    time.after(10, note('early'));
    time.pass(45);
    expect(fired).toEqual(['early at 10', 'again at 20', 'late at 30', 'again at 40']);
    expect([time.monotonicMs(), time.wallMs()]).toEqual([45, 1_045]);
  });

  it('fires what a timer starts on the way', () => {
    time.after(10, () => time.after(5, note('second')));
    time.pass(14);
    expect(fired).toEqual([]);
    time.pass(1);
    expect(fired).toEqual(['second at 15']);
  });

  it('forgets timers that are cancelled or have fired', () => {
    const cancel = time.every(10, note('never'));
    time.after(10, note('once'));
    expect(time.timers).toBe(2);
    cancel();
    time.pass(100);
    expect(fired).toEqual(['once at 10']);
    expect(time.timers).toBe(0);
  });

  it('lets promises run after each timer', async () => {
    const step = async (): Promise<void> => {
      await Promise.resolve();
      note('promise')();
    };
    time.after(10, () => void step());
    time.after(20, note('timer'));
    await time.advance(20);
    expect(fired).toEqual(['promise at 10', 'timer at 20']);
  });

  it('fires nothing while the thread is held, and late what fell due', () => {
    time.after(10, note('timer'));
    time.hold(50);
    expect(fired).toEqual([]);
    time.pass(0);
    expect(fired).toEqual(['timer at 50']);
  });
});
