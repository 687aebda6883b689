/**
 * Puts of an open loop, each as when it should have been sent (milliseconds since the epoch) and how
 * many milliseconds after that it was answered: 64-bit floats in the order of this machine.
 */
export function encodeSamples(pairs: Float64Array): Buffer {
  return Buffer.from(pairs.buffer, pairs.byteOffset, pairs.byteLength);
}

/** Latencies of the puts that should have been sent within [from, to]: a stall counts with all its victims. */
export function latenciesBetween(log: Buffer, from: number, to: number): readonly number[] {
  const latencies: number[] = [];
  const pairs = new Float64Array(log.length / 8);
  Buffer.from(pairs.buffer).set(log);
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const intendedAt = pairs[i] ?? 0;
    if (intendedAt >= from && intendedAt <= to) latencies.push(pairs[i + 1] ?? 0);
  }
  return latencies;
}
