import { parse, YAMLParseError } from 'yaml';
import { DISCOVERY_MAPS, DISCOVERY_PLACES, DISCOVERY_SECTION } from './discovery-section.js';
import { parseEndpointUrls } from './endpoint-url.js';
import { INTEGER_RANGES } from './go-scalar.js';
import type { ScalarOutcome } from './go-scalar.js';
import { millisecondsOf } from '@etcd-ts/foundation';
import { formerNameNotice, warn } from './notice.js';
import type { ConfigNotice } from './notice.js';
import { findOption, OPTIONS } from './option-schema.js';
import type { Option, OptionName } from './option-schema.js';
import { parseOptionText, uniqueSorted } from './option-value.js';
import type { GivenValues } from './option-value.js';
import type { OptionValue } from './option.js';

export type ConfigFileOutcome =
  | { readonly kind: 'ok'; readonly given: GivenValues; readonly notices: readonly ConfigNotice[] }
  | { readonly kind: 'invalid'; readonly message: string }
  /** A bad address: goes to stderr as it is, without the log. */
  | { readonly kind: 'badAddress'; readonly message: string };

type FileMap = Readonly<Record<string, unknown>>;

const SECTION_KEYS = new Set(
  OPTIONS.flatMap((option) => (option.file ? [option.file.section] : [])),
);

/** The Go type named in a complaint about a value of the wrong type. */
const GO_TYPES: Readonly<Record<Option['kind'], string>> = {
  bool: 'bool',
  int: 'int',
  uint: 'uint',
  uint32: 'uint32',
  duration: 'time.Duration',
  string: 'string',
  list: '[]string',
  urls: 'string',
  choice: 'string',
  gates: 'string',
};

/** Options from the text of a YAML (or JSON) configuration file. */
export function parseConfigFile(text: string): ConfigFileOutcome {
  const document = parseYaml(text);
  if (document.kind === 'error') return { kind: 'invalid', message: document.message };
  const reading = new FileReading();
  reading.readTop(document.value);
  if (reading.badAddress !== undefined) return { kind: 'badAddress', message: reading.badAddress };
  if (reading.fault !== undefined) {
    const message = `error unmarshaling JSON: while decoding JSON: ${reading.fault}`;
    return { kind: 'invalid', message };
  }
  return { kind: 'ok', given: reading.given, notices: reading.notices() };
}

/** YAML 1.1 as Go's parser has it: `yes` is true and `010` is eight, but no base-60 and no dates. */
function parseYaml(text: string): ScalarOutcome<FileMap> {
  let value: unknown;
  try {
    value = parse(text, {
      version: '1.1',
      uniqueKeys: false,
      intAsBigInt: true,
      logLevel: 'error',
      customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !isTimeTag(tag)),
    });
  } catch (error) {
    return { kind: 'error', message: `error converting YAML to JSON: yaml: ${yamlFault(error)}` };
  }
  if (value === null || value === undefined) return { kind: 'ok', value: {} };
  if (isMap(value)) return { kind: 'ok', value };
  const message = `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonType(value)} into Go value of type embed.configYAML`;
  return { kind: 'error', message };
}

/** Aliases and merges are followed when all is parsed, and fail with errors of any class. */
function yamlFault(error: unknown): string {
  if (!(error instanceof YAMLParseError)) {
    return error instanceof Error ? error.message : String(error);
  }
  const line = error.linePos?.[0].line ?? 1;
  return `line ${line}: ${error.message.split(/ at line \d+/u)[0] ?? ''}`;
}

const isTimeTag = (tag: { tag: string; format?: string | undefined }): boolean =>
  tag.tag.endsWith(':timestamp') || tag.format === 'TIME';

class FileReading {
  readonly given = new Map<OptionName, OptionValue>();
  fault: string | undefined;
  badAddress: string | undefined;
  readonly #renamed: ConfigNotice[] = [];
  readonly #unknown: string[] = [];

  notices(): readonly ConfigNotice[] {
    if (this.#unknown.length === 0) return this.#renamed;
    const unknown = warn('ignoring unknown keys of the configuration file', {
      keys: this.#unknown,
    });
    return [...this.#renamed, unknown];
  }

  readTop(map: FileMap): void {
    for (const [key, value] of Object.entries(map)) {
      if (key === DISCOVERY_SECTION) this.#readDiscovery(value);
      else if ((SECTION_KEYS as ReadonlySet<string>).has(key)) this.#readSection(key, value);
      else {
        const option = findOption(key);
        if (option === undefined || option.file !== undefined) this.#unknown.push(key);
        else if (value !== null) this.#readTopOption(key, option, value);
      }
    }
  }

  #readTopOption(key: string, option: Option, value: unknown): void {
    if (key !== option.name) {
      this.#renamed.push(formerNameNotice(key, option.name));
      if (this.given.has(option.name)) return;
    }
    this.#read(option, `configYAML.${key}`, value);
  }

  #readSection(section: string, value: unknown): void {
    if (value === null) return;
    if (!isMap(value)) {
      const goType = section === 'socket-options' ? 'transport.SocketOpts' : 'embed.securityConfig';
      this.#refuse(value, `configYAML.${section}`, goType);
      return;
    }
    for (const [key, item] of Object.entries(value)) {
      const option = OPTIONS.find(({ file }) => file?.section === section && file.key === key);
      if (option === undefined) this.#unknown.push(`${section}.${key}`);
      else if (item !== null) this.#read(option, `securityConfig.${section}.${key}`, item);
    }
  }

  #readDiscovery(value: unknown, place = DISCOVERY_SECTION): void {
    if (value === null) return;
    if (!isMap(value)) {
      const goType =
        place === DISCOVERY_SECTION ? 'v3discovery.DiscoveryConfig' : 'clientv3.ConfigSpec';
      this.#refuse(value, `configYAML.${place}`, goType);
      return;
    }
    for (const [key, item] of Object.entries(value)) {
      const at = `${place}.${key}`;
      if (DISCOVERY_MAPS.has(at)) this.#readDiscovery(item, at);
      else {
        const option = findOption(DISCOVERY_PLACES.get(at) ?? '');
        if (option === undefined) this.#unknown.push(at);
        else if (item !== null) this.#read(option, `configYAML.${at}`, item);
      }
    }
  }

  #read(option: Option, place: string, value: unknown): void {
    const goType = GO_TYPES[option.kind];
    const inSection = place.startsWith('securityConfig.');
    switch (option.kind) {
      case 'bool':
        if (typeof value !== 'boolean') return this.#refuse(value, place, goType);
        this.given.set(option.name, value);
        return;
      case 'int':
      case 'uint':
      case 'uint32':
      case 'duration':
        return this.#readInteger(option, place, value);
      case 'list':
        if (!isStringList(value)) return this.#refuse(value, place, goType);
        // No output at all means the default one.
        if (value.length > 0) this.given.set(option.name, uniqueSorted(value));
        return;
      case 'string':
      case 'urls':
      case 'choice':
      case 'gates': {
        // Scalars become strings one level down but not at the top: the original's converter looks
        // for the field's type by name and does not see through the embedded struct.
        const isScalar = typeof value === 'bigint' || typeof value === 'number';
        const text = inSection && isScalar ? String(value) : value;
        if (typeof text !== 'string') return this.#refuse(value, place, goType);
        return this.#readText(option, text);
      }
    }
  }

  #readInteger(option: Option, place: string, value: unknown): void {
    const goType = GO_TYPES[option.kind];
    const range =
      option.kind === 'uint' || option.kind === 'uint32'
        ? INTEGER_RANGES[option.kind]
        : INTEGER_RANGES.int;
    if (typeof value === 'number') return this.#refuse(value, place, goType, `number ${value}`);
    if (typeof value !== 'bigint') return this.#refuse(value, place, goType);
    if (value < range.min || value > range.max) {
      return this.#refuse(value, place, goType, `number ${value}`);
    }
    const isDuration = option.kind === 'duration';
    this.given.set(option.name, isDuration ? millisecondsOf(value) : Number(value));
  }

  #readText(option: Option, text: string): void {
    if (option.kind === 'urls') {
      if (text === '') return;
      const urls = parseEndpointUrls(text);
      if (urls.kind === 'ok') this.given.set(option.name, urls.value);
      else this.badAddress ??= `unexpected error setting up ${option.name}: ${urls.message}`;
      return;
    }
    if (option.kind === 'choice') {
      // Not yet checked: the complaint about a bad choice in a file comes with the other checks.
      if (text !== '') this.given.set(option.name, text);
      return;
    }
    const outcome = parseOptionText(option, text);
    if (outcome.kind === 'ok') this.given.set(option.name, outcome.value);
    else this.fault ??= outcome.message;
  }

  #refuse(value: unknown, place: string, goType: string, shown = jsonType(value)): void {
    this.fault ??= `json: cannot unmarshal ${shown} into Go struct field ${place} of type ${goType}`;
  }
}

const isMap = (value: unknown): value is FileMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isStringList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'bigint') return 'number';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}
