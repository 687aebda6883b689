import type { Message } from '@etcd-ts/raft';

/**
 * What arrives shares no bytes with what was sent: members in one process must not get to know each
 * other's arrays, by whose identity a member recognises its own proposals.
 */
export function copyOf(message: Message): Message {
  switch (message.type) {
    case 'appendEntries':
      if (message.entries.length === 0) return message;
      return { ...message, entries: message.entries.map(withOwnData) };
    case 'propose':
      return { ...message, entries: message.entries.map(withOwnData) };
    case 'heartbeat':
    case 'heartbeatResponse':
    case 'readIndex':
    case 'readIndexResponse':
      if (message.context.length === 0) return message;
      return { ...message, context: Uint8Array.from(message.context) };
    default:
      return message;
  }
}

function withOwnData<T extends { readonly data: Uint8Array }>(entry: T): T {
  return { ...entry, data: Uint8Array.from(entry.data) };
}
