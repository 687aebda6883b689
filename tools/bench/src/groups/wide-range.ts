import { forgetPeak, peakResidentBytes } from '../cpu.js';
import { START_SECONDS, type Group } from '../group.js';
import { h2loadWorkload, VALUE_BYTES, WIDE, WIDE_KEYS, WIDE_PREFIX } from '../h2load-workload.js';
import { measureWarm } from '../measurement.js';
import { OneMember } from '../one-member.js';
import { detailsOf, RowTable } from '../row-table.js';
import { FLAVOURS } from '../sides.js';

const MEGABYTE = 1e6;
const MEBIBYTE = 2 ** 20;
const SECONDS_BESIDE = 2;

export const WIDE_RANGE: Group = {
  name: 'wide',
  title: 'Range of 1,000 keys',
  about:
    'Keys with values of 256 bytes, all in one answer, which h2load takes as fast as it comes. The ' +
    'peak is the most memory that was resident meanwhile (VmHWM, reset before).',
  minutes: ({ rounds, seconds, warmUpSeconds }) =>
    (rounds * 2 * (2 * (seconds + warmUpSeconds + SECONDS_BESIDE) + START_SECONDS)) / 60,
  run: async (sizes, progress) => {
    const table = new RowTable();
    for (let round = 1; round <= sizes.rounds; round++) {
      for (const flavour of FLAVOURS) {
        progress(`round ${round} of ${sizes.rounds}, ${flavour}`);
        const subject = await OneMember.start(flavour);
        try {
          const keys = Array.from({ length: WIDE_KEYS }, (_, i) => String(i).padStart(6, '0'));
          await Promise.all(keys.map((key) => subject.put(WIDE_PREFIX + key, VALUE_BYTES)));
          await measureInto(table, subject, sizes);
        } finally {
          await subject.dispose();
        }
      }
    }
    return table.rows();
  },
};

async function measureInto(
  table: RowTable,
  subject: OneMember,
  times: { readonly seconds: number; readonly warmUpSeconds: number },
): Promise<void> {
  const answerBytes = await subject.answerBytes(WIDE.path, WIDE.message);
  for (const inFlight of [10, 100] as const) {
    const workload = h2loadWorkload(WIDE, inFlight);
    const before = subject.residentBytes;
    forgetPeak(subject.pid);
    const measured = await measureWarm(subject, workload, times);
    const megabytes = (measured.perSecond * answerBytes) / MEGABYTE;
    table.add(workload.name, 'MB/s', subject.flavour, megabytes, {
      ...detailsOf(measured),
      'peak RSS MiB': peakResidentBytes(subject.pid) / MEBIBYTE,
      'RSS before MiB': before / MEBIBYTE,
    });
  }
}
