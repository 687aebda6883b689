/** What Go's encoding/json makes of a struct; undefined fields are left out. */
export type JsonValue =
  | undefined
  | null
  | boolean
  | number
  | bigint
  | string
  /** Base64. */
  | Uint8Array
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

export function toGoJson(value: JsonValue): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return goString(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
  if (isList(value)) return `[${value.map(toGoJson).join(',')}]`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `${goString(name)}:${toGoJson(field)}`).join(',')}}`;
}

/** Go's `omitempty`. */
export function some<Value extends JsonValue>(value: Value): Value | undefined {
  if (value === false || value === 0 || value === 0n || value === '') return undefined;
  const isEmptyList = (isList(value) || value instanceof Uint8Array) && value.length === 0;
  return isEmptyList ? undefined : value;
}

const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

/** Go escapes what HTML would take for markup, and the two line ends that JavaScript knows. */
function goString(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[<>&\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
