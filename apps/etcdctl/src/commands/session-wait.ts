/** Waits for the user, or for the end of the session; nobody waits for anything else. */
export function interruptedOrLost(
  interrupt: AbortSignal,
  lost: AbortSignal,
): Promise<'interrupted' | 'lost'> {
  return new Promise((resolve) => {
    // A signal listener alone does not keep a program alive.
    const alive = setInterval(() => undefined, 60_000);
    const done = (how: 'interrupted' | 'lost') => (): void => {
      clearInterval(alive);
      resolve(how);
    };
    interrupt.addEventListener('abort', done('interrupted'), { once: true });
    lost.addEventListener('abort', done('lost'), { once: true });
    if (interrupt.aborted) done('interrupted')();
    else if (lost.aborted) done('lost')();
  });
}
