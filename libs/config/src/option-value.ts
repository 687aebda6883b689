import { must, parseGoDuration } from '@etcd-ts/foundation';
import { parseEndpointUrls } from './endpoint-url.js';
import { parseFeatureGates } from './feature-gates.js';
import {
  INTEGER_RANGES,
  PARSE_ERROR,
  parseGoBool,
  parseGoInteger,
  parseGoUint32,
} from './go-scalar.js';
import type { ScalarOutcome } from './go-scalar.js';
import { OPTIONS } from './option-schema.js';
import type { Option, OptionName, OptionValues } from './option-schema.js';
import type { OptionDescriptor, OptionValue } from './option.js';

/** What was set, from whatever source; an option that is missing is at its default. */
export type GivenValues = ReadonlyMap<OptionName, OptionValue>;

/** The value of an option as written on the command line or in the environment. */
export function parseOptionText(
  option: OptionDescriptor,
  text: string,
): ScalarOutcome<OptionValue> {
  switch (option.kind) {
    case 'bool':
      return parseGoBool(text);
    case 'int':
      return parseGoInteger(text, INTEGER_RANGES.int);
    case 'uint':
      return parseGoInteger(text, INTEGER_RANGES.uint);
    case 'uint32':
      return parseGoUint32(text);
    case 'duration': {
      const outcome = parseGoDuration(text);
      if (outcome.kind === 'error') return { kind: 'error', message: PARSE_ERROR };
      return { kind: 'ok', value: outcome.milliseconds };
    }
    case 'string':
      return { kind: 'ok', value: text };
    case 'list':
      return { kind: 'ok', value: uniqueSorted(text === '' ? [] : text.split(',')) };
    case 'urls':
      // An empty list of addresses asks for what there would be without it, as in etcd.
      if (text === '') return { kind: 'ok', value: defaultUrls(option) };
      return parseEndpointUrls(text);
    case 'choice':
      if (option.choices?.includes(text) !== true)
        return { kind: 'error', message: 'invalid value' };
      return { kind: 'ok', value: text };
    case 'gates': {
      const outcome = parseFeatureGates(text);
      return outcome.kind === 'error' ? outcome : { kind: 'ok', value: text };
    }
  }
}

export const uniqueSorted = (items: readonly string[]): readonly string[] =>
  [...new Set(items)].sort();

function defaultUrls(option: OptionDescriptor): OptionValue {
  return option.default === '' ? [] : defaultValue(option);
}

export function defaultValue(option: OptionDescriptor): OptionValue {
  const outcome = parseOptionText(option, option.default);
  return must(
    outcome.kind === 'ok' ? outcome.value : undefined,
    () => `the default of --${option.name} does not parse`,
  );
}

export function withDefaults(given: GivenValues): OptionValues {
  const values: Partial<Record<OptionName, OptionValue>> = {};
  for (const option of OPTIONS)
    values[option.name] = given.get(option.name) ?? defaultValue(option);
  // Every name of the schema was just filled in, with a value of its own kind.
  return values as OptionValues;
}

export function isDefault(option: Option, value: OptionValue): boolean {
  const spellings = [option.default, ...(option.sameAsDefault ?? [])];
  return spellings.some((text) => {
    const outcome = parseOptionText(option, text);
    return outcome.kind === 'ok' && JSON.stringify(outcome.value) === JSON.stringify(value);
  });
}
