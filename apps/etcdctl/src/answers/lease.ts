import type {
  LeaseGrantResponse,
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseTimeToLiveResponse,
} from '@etcd-ts/wire-protocol';
import { ResponseHeader } from '@etcd-ts/wire-protocol';
import { field, headerFields, headerJson, quotedField } from '../output/field-lines.js';
import { leaseText } from '../output/ids.js';
import type { JsonValue } from '../output/json.js';
import type { Answer, Piece } from '../output/output.js';

/** The header's fields among the others, as Go prints an embedded struct. */
function embeddedHeader(header: ResponseHeader | undefined): Record<string, JsonValue> {
  return headerJson(header) as Record<string, JsonValue>;
}

/** What the original's embedded header makes of protobuf output: the header alone. */
const headerBytes = (header: ResponseHeader | undefined) => (): Uint8Array =>
  ResponseHeader.encode(
    header ?? { clusterId: 0n, memberId: 0n, revision: 0n, raftTerm: 0n },
  ).finish();

export function grantAnswer({ header, ID, TTL, error }: LeaseGrantResponse): Answer {
  return {
    simple: () => [`lease ${leaseText(ID)} granted with TTL(${TTL}s)\n`],
    json: () => ({ ...embeddedHeader(header), ID, TTL, Error: error }),
    fields: () => [...headerFields(header), field('ID', ID), field('TTL', TTL)],
    protobuf: headerBytes(header),
  };
}

export function keepAliveAnswer({ header, ID, TTL }: LeaseKeepAliveResponse): Answer {
  return {
    simple: () => [`lease ${leaseText(ID)} keepalived with TTL(${TTL})\n`],
    json: () => ({ ...embeddedHeader(header), ID, TTL }),
    fields: () => [...headerFields(header), field('ID', ID), field('TTL', TTL)],
    protobuf: headerBytes(header),
  };
}

export function timeToLiveAnswer(response: LeaseTimeToLiveResponse, withKeys: boolean): Answer {
  const { header, ID, TTL, grantedTTL, keys } = response;
  return {
    simple: () => timeToLiveText(response, withKeys),
    json: () => ({
      ...embeddedHeader(header),
      id: ID,
      ttl: TTL,
      'granted-ttl': grantedTTL,
      keys: keys.length === 0 ? null : keys,
    }),
    fields: () => [
      ...headerFields(header),
      field('ID', ID),
      field('TTL', TTL),
      field('GrantedTTL', grantedTTL),
      ...keys.map((key) => quotedField('Key', key)),
    ],
    protobuf: headerBytes(header),
  };
}

function timeToLiveText(
  { ID, TTL, grantedTTL, keys }: LeaseTimeToLiveResponse,
  withKeys: boolean,
): Piece[] {
  // A lease that is gone has neither.
  if (grantedTTL === 0n && TTL === -1n) return [`lease ${leaseText(ID)} already expired\n`];
  const attached = keys.flatMap((key, i) => (i === 0 ? [key] : [' ', key]));
  return [
    `lease ${leaseText(ID)} granted with TTL(${grantedTTL}s), remaining(${TTL}s)`,
    ...(withKeys ? [', attached keys([', ...attached, '])'] : []),
    '\n',
  ];
}

export function leaseListAnswer({ header, leases }: LeaseLeasesResponse): Answer {
  return {
    simple: () => [
      `found ${leases.length} leases\n`,
      ...leases.map(({ ID }) => `${leaseText(ID)}\n`),
    ],
    json: () => ({ ...embeddedHeader(header), leases: leases.map(({ ID }) => ({ id: ID })) }),
    fields: () => [...headerFields(header), ...leases.map(({ ID }) => field('ID', ID))],
    protobuf: headerBytes(header),
  };
}
