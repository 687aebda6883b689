import type { Rng } from '@etcd-ts/foundation';

/** A pointer to another place in the packet, as names may end with. */
const POINTER = 0xc000;
/** Offsets of the four counts in a header. */
const COUNTS = [4, 6, 8, 10];

/**
 * Damage that keeps to the form of DNS: names that point to each other or to themselves, and counts
 * of what is not there. One packet of four stays as it is.
 */
export function soundPacket(rng: Rng, packet: Buffer): Buffer {
  const bytes = Buffer.from(packet);
  switch (rng.below(4)) {
    case 0:
      for (let pointers = 1 + rng.below(4); pointers > 0; pointers--) {
        const at = rng.below(bytes.length - 1);
        bytes.writeUInt16BE(POINTER | (rng.below(2) === 0 ? at : rng.below(bytes.length)), at);
      }
      return bytes;
    case 1:
      bytes.writeUInt16BE(rng.below(65_536), COUNTS[rng.below(COUNTS.length)] ?? 0);
      return bytes;
    case 2:
      return longChain(rng, bytes);
    default:
      return bytes;
  }
}

/** Every name a pointer to the one before: the most work that a packet can make. */
function longChain(rng: Rng, start: Buffer): Buffer {
  const links = Buffer.alloc(2 * (1 + rng.below(2_000)));
  const first = start.length - 1;
  for (let at = 0; at < links.length; at += 2) {
    links.writeUInt16BE(POINTER | Math.min(0x3fff, first + Math.max(0, at - 2)), at);
  }
  return Buffer.concat([start, links]);
}
