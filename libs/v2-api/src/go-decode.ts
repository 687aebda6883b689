/**
 * JSON as Go's decoder takes it from a stream: the first value counts and the rest is ignored, names
 * match in any case, unknown ones are ignored, null is nothing. A value of another type throws
 * GoDecodeError.
 */
export class GoDecodeError extends Error {
  override readonly name = 'GoDecodeError';
}

export type Fields = ReadonlyMap<string, unknown>;

/** The first value of a text, which must be an object or null. */
export function decodeFirst(text: string): Fields {
  return fieldsOf(parse(firstValue(text)));
}

/** The whole text as one value. */
export function decodeWhole(text: string): Fields {
  return fieldsOf(parse(text));
}

export function fieldsOf(value: unknown): Fields {
  if (value === null || value === undefined) return new Map();
  if (typeof value !== 'object' || Array.isArray(value)) throw new GoDecodeError('not an object');
  return new Map(Object.entries(value).map(([name, field]) => [name.toLowerCase(), field]));
}

export function text(fields: Fields, name: string): string {
  const value = fields.get(name.toLowerCase()) ?? '';
  if (typeof value !== 'string') throw new GoDecodeError(`${name} is not a string`);
  return value;
}

/** Null if it is absent or null. */
export function texts(fields: Fields, name: string): readonly string[] | null {
  const value = fields.get(name.toLowerCase()) ?? null;
  if (value === null) return null;
  if (!Array.isArray(value)) throw new GoDecodeError(`${name} is not an array`);
  return value.map((item: unknown) => {
    if (item === null) return '';
    if (typeof item !== 'string')
      throw new GoDecodeError(`${name} has an item that is not a string`);
    return item;
  });
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new GoDecodeError('not JSON');
  }
}

/** Up to the brace that closes the first one; anything else is one value or none. */
function firstValue(json: string): string {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth++;
    else if ((character === '}' || character === ']') && --depth === 0)
      return json.slice(0, at + 1);
  }
  return json;
}
