// Runs the program beside it, with what V8 made of its text the last time: compiling is most of what
// a short command does. Named by the text's digest and V8's version, so it never is another's; who
// may not write here, or finds something damaged, compiles anew and says nothing.
'use strict';
const { readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { constants, Script } = require('node:vm');
const { crc32 } = require('node:zlib');

const PROGRAM = `${__dirname}/{{program}}`;
const CODE = `${PROGRAM}.${process.versions.v8}-${process.arch}.code`;
/** Of a program that goes on: what is made then holds all that its start needs. */
const STARTED_MS = 5_000;
const CRC_BYTES = 4;

/** A torn or damaged file would be executed, and V8 does not look. */
function savedCode() {
  try {
    const saved = readFileSync(CODE);
    const code = saved.subarray(CRC_BYTES);
    return crc32(code) === saved.readUInt32LE(0) ? code : undefined;
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
    writeFileSync(unfinished, Buffer.concat([crc, code]));
    renameSync(unfinished, CODE);
  } catch {
    // A directory of somebody else's, or a full disk.
    rmSync(unfinished, { force: true });
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
const cachedData = crc32 === undefined ? undefined : savedCode();
// As latin1: the text is ASCII, and so nothing is to be decoded.
const text = `(function (exports, require, module, __filename, __dirname) {${readFileSync(PROGRAM, 'latin1')}\n})`;
const script = new Script(text, {
  filename: PROGRAM,
  importModuleDynamically:
    constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER ?? ((specifier) => import(specifier)),
  ...(cachedData && { cachedData }),
});
// Rejected is what other flags of V8 have made: it is theirs, and stays.
if (crc32 !== undefined && cachedData === undefined) saveLater(script);
script.runInThisContext().call(exports, exports, require, module, PROGRAM, __dirname);
