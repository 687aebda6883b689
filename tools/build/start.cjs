// Runs the program beside it, with what V8 made of its text the last time: compiling is most of what
// a short command does. Named by the text's digest and V8's version, so it never is another's; who
// may not write here, or finds something damaged, compiles anew and says nothing.
'use strict';
const fs = require('node:fs');
const { constants, Script } = require('node:vm');
const { crc32 } = require('node:zlib');

const PROGRAM = `${__dirname}/{{program}}`;
const CODE = `${PROGRAM}.${process.versions.v8}-${process.arch}.code`;
/** Of a program that goes on: what is made then holds all that its start needs. */
const STARTED_MS = 5_000;
const CRC_BYTES = 4;

/**
 * What a start does without as a rule: each is loaded when something of it is used. In the program they
 * are objects whose properties are named at every use, as esbuild writes imports by name.
 */
const LATE = new Set(
  'child_process cluster dgram dns dns/promises http2 https os readline timers/promises tls v8'
    .split(' ')
    .flatMap((name) => [name, `node:${name}`]),
);

const late = (name) =>
  new Proxy(
    {},
    {
      get: (_, property) => require(name)[property],
      // For whoever copies it, as esbuild does for `import * as`: that is a use.
      ownKeys: () => Reflect.ownKeys(require(name)),
      getOwnPropertyDescriptor: (_, property) => {
        const own = Reflect.getOwnPropertyDescriptor(require(name), property);
        return own && { ...own, configurable: true };
      },
    },
  );
const requireLate = (name) => (LATE.has(name) ? late(name) : require(name));

/** A torn or damaged file would be executed, and V8 does not look. */
function savedCode() {
  try {
    const file = fs.openSync(CODE);
    const { size } = fs.fstatSync(file);
    const memory = new ArrayBuffer(size, { maxByteLength: size });
    const saved = Buffer.from(memory);
    const isWhole = fs.readSync(file, saved) === size;
    fs.closeSync(file);
    const code = saved.subarray(CRC_BYTES);
    if (!isWhole || crc32(code) !== saved.readUInt32LE(0)) return undefined;
    // A collection that frees it may be hours away in a server with nothing to do.
    return { code, free: () => memory.resize(0) };
  } catch {
    return undefined;
  }
}

function save(script) {
  const unfinished = `${CODE}.${process.pid}`;
  try {
    const code = script.createCachedData();
    const crc = Buffer.alloc(CRC_BYTES);
    crc.writeUInt32LE(crc32(code));
    fs.writeFileSync(unfinished, Buffer.concat([crc, code]));
    fs.renameSync(unfinished, CODE);
  } catch {
    // A directory of somebody else's, or a full disk.
    fs.rmSync(unfinished, { force: true });
  }
}

/** Once, when most of what will run has run. */
function saveLater(script) {
  const now = () => {
    process.off('exit', now);
    save(script);
  };
  process.on('exit', now);
  setTimeout(now, STARTED_MS).unref();
  // The build: it wants nothing more of this process.
  if (process.send === undefined) return;
  process.on('message', (message) => message === 'save code' && process.exit(0));
  process.channel.unref();
}

// Node before 20.15 has no crc32 and goes without.
const saved = crc32 === undefined ? undefined : savedCode();
// As latin1: the text is ASCII, and V8 takes it as it is read, without a copy.
const script = new Script(fs.readFileSync(PROGRAM, 'latin1'), {
  filename: PROGRAM,
  importModuleDynamically:
    constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER ?? ((specifier) => import(specifier)),
  ...(saved && { cachedData: saved.code }),
});
// Rejected is what other flags of V8 have made: it is theirs, and stays.
if (crc32 !== undefined && saved === undefined) saveLater(script);
saved?.free();
script.runInThisContext().call(exports, exports, requireLate, module, PROGRAM, __dirname);
