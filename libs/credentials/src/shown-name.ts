/** Longer than any name that people give. */
const MAX_SHOWN = 128;

/** For the log: whoever tries to log in chooses the name, and it may be as long as a request. */
export function shownName(name: string): string {
  return name.length <= MAX_SHOWN ? name : `${name.slice(0, MAX_SHOWN)}…`;
}
