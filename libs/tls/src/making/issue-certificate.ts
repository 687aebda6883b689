import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

import { toPem } from '../pem.js';

/** With what a certificate is signed: the certificate (DER) and the key of the authority. */
export interface Issuer {
  readonly certificate: Uint8Array;
  readonly key: webcrypto.CryptoKey;
}

export interface CertificateRequest {
  readonly commonName?: string;
  readonly organization?: string;
  /** Host names and IP addresses: the subject alternative names. */
  readonly hosts?: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly curve?: Curve;
  /** May sign others. */
  readonly isAuthority?: boolean;
  /** What it may be used for; without it, for a server and for a client. */
  readonly purposes?: readonly Purpose[];
  /** Without one the certificate signs itself. */
  readonly issuer?: Issuer;
}

export type Curve = 'P-256' | 'P-521';
export type Purpose = 'server' | 'client';

export interface IssuedCertificate {
  /** PEM, without the chain. */
  readonly certificate: string;
  /** PEM, in the form that names its kind ("EC PRIVATE KEY"), as the original writes it. */
  readonly key: string;
  /** Hexadecimal. */
  readonly serialNumber: string;
  readonly signing: Issuer;
}

/** Such as of --client-cert-auth: object identifiers of RFC 5280. */
const COMMON_NAME = '2.5.4.3';
const ORGANIZATION = '2.5.4.10';
const KEY_USAGE = '2.5.29.15';
const SUBJECT_ALT_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const PURPOSES: Readonly<Record<Purpose, string>> = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
};
/** Kinds of general names. */
const DNS_NAME = 2;
const IP_ADDRESS = 7;
/** Bits of the key usage, the first one highest: digitalSignature and keyEncipherment, or keyCertSign and cRLSign. */
const SIGN_AND_ENCIPHER = { bits: 0b1010_0000, unused: 5 };
const SIGN_CERTIFICATES = { bits: 0b0000_0110, unused: 1 };
const X509_V3 = 2;
const SERIAL_BYTES = 16;
const HASHES = { 'P-256': 'SHA-256', 'P-521': 'SHA-512' } as const;

type Pki = typeof import('pkijs');
type Asn1 = typeof import('asn1js');

/** Loaded when first needed: they take longer to load than all else a node starts with. */
export async function pkiLibraries(): Promise<{ pki: Pki; asn1: Asn1 }> {
  const [pki, asn1] = await Promise.all([import('pkijs'), import('asn1js')]);
  return { pki, asn1 };
}

/** A new key pair and a certificate for it. */
export async function issueCertificate(request: CertificateRequest): Promise<IssuedCertificate> {
  const { pki, asn1 } = await pkiLibraries();
  const engine = new pki.CryptoEngine({ name: 'node', crypto: webcrypto });
  const { curve = 'P-256', issuer } = request;
  const algorithm = { name: 'ECDSA', namedCurve: curve };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = new pki.Certificate();
  certificate.version = X509_V3;
  const serial = randomSerial();
  certificate.serialNumber = new asn1.Integer({ valueHex: serial });
  for (const [type, value] of [
    [ORGANIZATION, request.organization],
    [COMMON_NAME, request.commonName],
  ] as const) {
    if (value === undefined) continue;
    const name = { type, value: new asn1.Utf8String({ value }) };
    certificate.subject.typesAndValues.push(new pki.AttributeTypeAndValue(name));
  }
  certificate.issuer = issuer
    ? pki.Certificate.fromBER(Buffer.from(issuer.certificate)).subject
    : certificate.subject;
  certificate.notBefore.value = request.notBefore;
  certificate.notAfter.value = request.notAfter;
  certificate.extensions = extensionsOf(request, pki, asn1);
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey, engine);
  const signer = issuer?.key ?? keys.privateKey;
  await certificate.sign(signer, hashOf(signer), engine);
  const der = Buffer.from(certificate.toSchema(true).toBER());
  return {
    certificate: toPem('CERTIFICATE', der),
    key: await exportKey(keys.privateKey),
    serialNumber: serial.toString('hex'),
    signing: { certificate: der, key: keys.privateKey },
  };
}

function extensionsOf(request: CertificateRequest, pki: Pki, asn1: Asn1) {
  const { isAuthority = false, hosts = [], purposes = ['server', 'client'] } = request;
  const make = (extnID: string, critical: boolean, value: { toBER(): ArrayBuffer }) =>
    new pki.Extension({ extnID, critical, extnValue: value.toBER() });
  const usage = isAuthority ? SIGN_CERTIFICATES : SIGN_AND_ENCIPHER;
  const usageBits = { valueHex: Uint8Array.of(usage.bits), unusedBits: usage.unused };
  const extensions = [
    make(KEY_USAGE, true, new asn1.BitString(usageBits)),
    make(BASIC_CONSTRAINTS, true, new pki.BasicConstraints({ cA: isAuthority }).toSchema()),
  ];
  if (!isAuthority) {
    const keyPurposes = purposes.map((purpose) => PURPOSES[purpose]);
    const usages = new pki.ExtKeyUsage({ keyPurposes });
    extensions.push(make(EXTENDED_KEY_USAGE, false, usages.toSchema()));
  }
  if (hosts.length > 0) {
    const names = hosts.map((host) =>
      isIP(host) === 0
        ? new pki.GeneralName({ type: DNS_NAME, value: host })
        : new pki.GeneralName({
            type: IP_ADDRESS,
            value: new asn1.OctetString({ valueHex: ipBytes(host) }),
          }),
    );
    extensions.push(make(SUBJECT_ALT_NAME, false, new pki.GeneralNames({ names }).toSchema()));
  }
  return extensions;
}

export const hashOf = (key: webcrypto.CryptoKey): string =>
  HASHES[(key.algorithm as webcrypto.EcKeyAlgorithm).namedCurve as Curve];

/** Positive and without leading zeros, so that there is one way to write it. */
function randomSerial(): Buffer {
  const serial = randomBytes(SERIAL_BYTES);
  serial.writeUInt8((serial.readUInt8(0) & 0x3f) | 0x40, 0);
  return serial;
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const object = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return object.export({ type: 'sec1', format: 'pem' }) as string;
}

/** Four bytes or sixteen. */
function ipBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.').map(Number));
  // The parser of URLs writes an IPv6 address in one way only: hexadecimal, shortened at one place.
  const canonical = new URL(`http://[${address.replace(/%.*$/u, '')}]`).hostname.slice(1, -1);
  const [front = '', back] = canonical.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const head = groups(front);
  const tail = groups(back ?? '');
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  const words = [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}
