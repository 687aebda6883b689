import { CrashRun } from './crash-run.js';

const KILLS = Number(process.env['CRASH_KILLS'] ?? 60);

describe('a node killed at random moments under concurrent writes', () => {
  it('keeps every acknowledged write, repeats none, and its history hashes to the same', async () => {
    const seed = Math.floor(Date.now() / 1000) % 1_000_000;
    const report = await CrashRun.run({ seed, kills: KILLS, writers: 12 });
    // A run in which hardly anything was written proves nothing.
    expect(report.acknowledged).toBeGreaterThan(KILLS * 20);
    expect(report.killsWhileStarting).toBeGreaterThan(0);
    expect(report.hashesCompared).toBeGreaterThan(KILLS / 4);
  }, 900_000);
});
