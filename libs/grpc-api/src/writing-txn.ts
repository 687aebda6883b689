// TxnRequest.success and .failure; of RequestOp, a range.
const SUCCESS = 0x12;
const FAILURE = 0x1a;
const RANGE = 0x0a;

/**
 * Whether one of its operations is none of reading, without decoding it; true also for bytes that
 * are no TxnRequest. Who only reads does not go through the log.
 */
export function mayWrite(txn: Uint8Array): boolean {
  let at = 0;
  while (at < txn.length) {
    const tag = txn[at++] as number;
    // Fields above 15, or none of the three: an operation is a message of its own.
    if ((tag & 7) !== 2 || tag >= 0x80) return true;
    let length = 0;
    let scale = 1;
    let byte = 0x80;
    for (; byte >= 0x80; scale *= 128) {
      byte = txn[at++] ?? 0;
      length += (byte & 0x7f) * scale;
    }
    if ((tag === SUCCESS || tag === FAILURE) && txn[at] !== RANGE) return true;
    at += length;
  }
  return false;
}
