import type { Event, ResponseHeader } from '@etcd-ts/wire-protocol';
import { Event_EventType, WatchResponse } from '@etcd-ts/wire-protocol';
import {
  field,
  headerFields,
  headerJson,
  keyValueFields,
  keyValueJson,
} from '../output/field-lines.js';
import { some } from '../output/json.js';
import type { Answer, Piece } from '../output/output.js';
import { pairLines } from './kv.js';

export interface WatchNews {
  readonly header: ResponseHeader | undefined;
  readonly events: readonly Event[];
  /** Not 0: the watch has ended because history is gone up to there. */
  readonly compactRevision: bigint;
  readonly isCanceled: boolean;
}

export const eventName = ({ type }: Event): string =>
  type === Event_EventType.DELETE ? 'DELETE' : 'PUT';

export function watchAnswer({ header, events, compactRevision, isCanceled }: WatchNews): Answer {
  return {
    simple: (hex) => events.flatMap((event) => eventLines(event, hex)),
    json: () => ({
      Header: headerJson(header),
      Events: events.map(({ type, kv, prevKv }) => ({
        type: some(type),
        kv: keyValueJson(kv),
        prev_kv: keyValueJson(prevKv),
      })),
      CompactRevision: compactRevision,
      Canceled: isCanceled,
      Created: false,
    }),
    fields: () => [...headerFields(header), ...events.flatMap(eventFields)],
    protobuf: () =>
      WatchResponse.encode({
        header,
        watchId: 0n,
        created: false,
        canceled: isCanceled,
        compactRevision,
        cancelReason: '',
        fragment: false,
        events: [...events],
      }).finish(),
  };
}

function eventLines(event: Event, hex: boolean): Piece[] {
  const { kv, prevKv } = event;
  return [
    `${eventName(event)}\n`,
    ...(prevKv === undefined ? [] : pairLines(prevKv, hex)),
    ...(kv === undefined ? [] : pairLines(kv, hex)),
  ];
}

function eventFields(event: Event): string[] {
  const { kv, prevKv } = event;
  return [
    field('Type', eventName(event)),
    ...(prevKv === undefined ? [] : keyValueFields('Prev', prevKv)),
    ...(kv === undefined ? [] : keyValueFields('', kv)),
  ];
}
