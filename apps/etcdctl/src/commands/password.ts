import { badArguments } from '@etcd-ts/command-line';
import type { Surroundings } from '../invocation.js';

/** Asks twice on a terminal, so that a slip of the finger locks nobody out. */
export async function askNewPassword(
  user: string,
  { input, streams }: Surroundings,
): Promise<string> {
  const ask = async (prompt: string): Promise<string> => {
    streams.out(Buffer.from(prompt));
    const answer = await input.secret();
    streams.out(Buffer.from('\n'));
    return answer;
  };
  const password = await ask(`Password of ${user}: `);
  if (password === '') throw badArguments('empty password');
  const again = await ask(`Type password of ${user} again for confirmation: `);
  if (again !== password) throw badArguments('given passwords are different');
  return password;
}

/** Its first word of standard input, without a question: for scripts. */
export async function readPassword({ input }: Surroundings): Promise<string> {
  const line = await input.line();
  return line?.trim().split(/\s+/u)[0] ?? '';
}
