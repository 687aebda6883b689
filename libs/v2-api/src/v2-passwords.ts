/** bcrypt, off the event loop. */
export interface V2Passwords {
  /** In bcrypt's own text form. Rejects if the password is too long or too much is waiting. */
  hash(password: string): Promise<string>;
  matches(password: string, hash: string): Promise<boolean>;
}
