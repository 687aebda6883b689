/** Exceptions to a limit, by name, with the size each had when it was let through. */
export type Ratchet = Readonly<Record<string, number>>;

/**
 * What is wrong with these sizes. A ratchet turns one way: an exception may shrink but not grow,
 * and when it is within the limit its entry has to go.
 */
export function ratchetComplaints(
  sizes: ReadonlyMap<string, number>,
  limit: number,
  exceptions: Ratchet,
): readonly string[] {
  const complaints: string[] = [];
  for (const [name, size] of sizes) {
    const allowed = exceptions[name];
    if (size > (allowed ?? limit))
      complaints.push(`${name}: ${size} lines, at most ${allowed ?? limit}`);
  }
  for (const name of Object.keys(exceptions)) {
    const size = sizes.get(name);
    if (size === undefined) complaints.push(`${name}: gone, remove it from the ratchet`);
    else if (size <= limit) complaints.push(`${name}: ${size} lines, remove it from the ratchet`);
  }
  return complaints;
}
