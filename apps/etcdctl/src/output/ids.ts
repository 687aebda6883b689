/** Sixteen digits, as leases are shown and given. */
export const leaseText = (id: bigint): string =>
  BigInt.asUintN(64, id).toString(16).padStart(16, '0');

/** Padded with blanks, as the original pads members and clusters. */
export const memberText = (id: bigint): string => id.toString(16).padStart(16, ' ');
