/** The node broke a promise; unlike an error of the test itself. */
export class Violation extends Error {
  override readonly name = 'Violation';
}
