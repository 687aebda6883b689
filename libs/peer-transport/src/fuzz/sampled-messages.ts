import { asBuffer, MemberId, RaftIndex } from '@etcd-ts/foundation';
import type { AppendEntries, Message } from '@etcd-ts/raft';
import fc from 'fast-check';
import { anyMessage, appendEntries } from '../testing/arbitrary-messages.js';

export const SENDER = MemberId(2n);
export const RECEIVER = MemberId(1n);

const addressed = (message: Message): Message => ({ ...message, from: SENDER, to: RECEIVER });

/** Messages of every kind from the one to the other, by this seed. */
export function sampledMessages(seed: number, count: number): readonly Message[] {
  return fc.sample(anyMessage, { seed, numRuns: count }).map(addressed);
}

/** Appends, most of which continue those before them as a leader's do: then a frame leaves that out. */
export function sampledAppends(seed: number, count: number): readonly Message[] {
  const appends: AppendEntries[] = [];
  for (const sample of fc.sample(appendEntries, { seed, numRuns: count })) {
    const last = appends.at(-1);
    const previous = last?.entries.at(-1)?.index ?? last?.previousIndex ?? 0;
    if (last === undefined || appends.length % 3 === 0) appends.push(sample);
    else appends.push(continuing(last, sample, previous));
  }
  return appends.map(addressed);
}

function continuing({ term }: AppendEntries, next: AppendEntries, previous: number): AppendEntries {
  const entries = next.entries.map((entry, at) => ({
    ...entry,
    index: RaftIndex(previous + 1 + at),
  }));
  return { ...next, term, previousTerm: term, previousIndex: RaftIndex(previous), entries };
}

/** Everything in it as text, fields by their names, to compare. */
export function described(value: unknown): string {
  if (value instanceof Uint8Array) return asBuffer(value).toString('hex');
  if (Array.isArray(value)) return `[${value.map(described).join()}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${name}:${described(field)}`).join()}}`;
}
