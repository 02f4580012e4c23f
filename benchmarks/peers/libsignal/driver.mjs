// driver.mjs - libsignal through its Node package: PQXDH with Kyber-1024, the double ratchet with SPQR, sender keys.
// Its calls are asynchronous and go through JavaScript stores; that is part of what is timed. Time is CPU time of the
// whole process, since the native part may use other threads.
import {createRequire} from 'node:module';
import {createInterface} from 'node:readline';
import {readFileSync} from 'node:fs';
import {createCipheriv, createDecipheriv, createHmac, randomBytes} from 'node:crypto';

const packageFolder = process.argv[2];
const require = createRequire(packageFolder + '/package.json');
const s = require('@signalapp/libsignal-client');
const version = require('@signalapp/libsignal-client/package.json').version;

const handshakes = 8;
const must = (condition, what) => {
  if (!condition) throw new Error('wrong behaviour: ' + what);
};

class Sessions extends s.SessionStore {
  kept = null;  // serialised: what a program would write to its database
  async saveSession(name, record) { this.kept = record.serialize(); }
  async getSession() { return this.kept && s.SessionRecord.deserialize(this.kept); }
  async getExistingSessions() { return this.kept ? [s.SessionRecord.deserialize(this.kept)] : []; }
}
class Identities extends s.IdentityKeyStore {
  pair = s.IdentityKeyPair.generate();
  async getIdentityKey() { return this.pair.privateKey; }
  async getIdentityKeyPair() { return this.pair; }
  async getLocalRegistrationId() { return 5; }
  async saveIdentity() { return s.IdentityChange.NewOrUnchanged; }
  async isTrustedIdentity() { return true; }
  async getIdentity() { return null; }
}
class PreKeys extends s.PreKeyStore {
  kept = new Map();
  async savePreKey(id, record) { this.kept.set(id, record); }
  async getPreKey(id) { return this.kept.get(id); }
  async removePreKey(id) { this.kept.delete(id); }
}
class SignedPreKeys extends s.SignedPreKeyStore {
  kept = new Map();
  async saveSignedPreKey(id, record) { this.kept.set(id, record); }
  async getSignedPreKey(id) { return this.kept.get(id); }
}
class KyberPreKeys extends s.KyberPreKeyStore {
  kept = new Map();
  async saveKyberPreKey(id, record) { this.kept.set(id, record); }
  async getKyberPreKey(id) { return this.kept.get(id); }
  async markKyberPreKeyUsed(id) { this.kept.delete(id); }
}
class SenderKeys extends s.SenderKeyStore {
  kept = null;
  async saveSenderKey(sender, id, record) { this.kept = record.serialize(); }
  async getSenderKey() { return this.kept && s.SenderKeyRecord.deserialize(this.kept); }
}

class Party {
  constructor(name) { this.address = s.ProtocolAddress.new(name, 1); }
  sessions = new Sessions();
  identity = new Identities();
  preKeys = new PreKeys();
  signedPreKeys = new SignedPreKeys();
  kyberPreKeys = new KyberPreKeys();
  senderKeys = new SenderKeys();

  async bundle(id) {
    const owner = this.identity.pair.privateKey;
    const one = s.PrivateKey.generate();
    const signed = s.PrivateKey.generate();
    const signature = owner.sign(signed.getPublicKey().serialize());
    const kem = s.KEMKeyPair.generate();
    const kemSignature = owner.sign(kem.getPublicKey().serialize());
    await this.preKeys.savePreKey(id, s.PreKeyRecord.new(id, one.getPublicKey(), one));
    await this.signedPreKeys.saveSignedPreKey(
        id, s.SignedPreKeyRecord.new(id, 1, signed.getPublicKey(), signed, signature));
    await this.kyberPreKeys.saveKyberPreKey(id, s.KyberPreKeyRecord.new(id, 1, kem, kemSignature));
    return s.PreKeyBundle.new(5, 1, id, one.getPublicKey(), id, signed.getPublicKey(), signature,
                              this.identity.pair.publicKey, id, kem.getPublicKey(), kemSignature);
  }
}

const content = new Map([64, 1024, 16384].map((length) => [length, new Uint8Array(length).fill(0x5a)]));

async function encrypt(from, to, length) {
  const made = await s.signalEncrypt(content.get(length), to.address, from.address, from.sessions, from.identity);
  return {type: made.type(), bytes: made.serialize()};
}
async function decrypt(to, from, message, length) {
  const plain = message.type === s.CiphertextMessageType.PreKey ?
      await s.signalDecryptPreKey(s.PreKeySignalMessage.deserialize(message.bytes), from.address, to.address,
                                  to.sessions, to.identity, to.preKeys, to.signedPreKeys, to.kyberPreKeys) :
      await s.signalDecrypt(s.SignalMessage.deserialize(message.bytes), from.address, to.address, to.sessions,
                            to.identity);
  must(plain.length === length, 'content');
}
async function pass(from, to, length) { await decrypt(to, from, await encrypt(from, to, length), length); }

const a = new Party('alice');
const b = new Party('bob');
let nextKeyId = 1;
let bundles = [];
let wire = [];

async function initiate(from, to, bundle) {
  await s.processPreKeyBundle(bundle, to.address, from.address, from.sessions, from.identity);
}
async function answerOnce() {
  await pass(b, a, 64);
  await pass(a, b, 64);
}

await initiate(a, b, await b.bundle(nextKeyId++));
await pass(a, b, 64);
for (let i = 0; i < 10; ++i) await answerOnce();

const distributionId = 'd1d1d1d1-7000-11eb-b32a-33b8a8a487a6';
const distribution = await s.SenderKeyDistributionMessage.create(a.address, distributionId, a.senderKeys);
await s.processSenderKeyDistributionMessage(a.address, distribution, b.senderKeys);

const oneWay = (length) => ({
  operations: 100,
  encrypt: async () => {
    wire = [];
    for (let i = 0; i < 100; ++i) wire.push(await encrypt(a, b, length));
  },
  decrypt: async () => {
    for (const message of wire) await decrypt(b, a, message, length);
  },
  cleanUp: answerOnce,
});
const sendMany = async (count) => {
  wire = [];
  for (let i = 0; i < count; ++i) wire.push(await encrypt(a, b, 64));
};
const reverse = (count) => ({
  operations: count,
  prepare: () => sendMany(count),
  encrypt: async () => {
    for (const message of wire.reverse()) await decrypt(b, a, message, 64);
  },
  cleanUp: answerOnce,
});

// The attachment scheme of Signal's apps, AES-256-CBC and HMAC-SHA256, which the package leaves to its callers.
const attachment = randomBytes(1 << 20);
const attachmentKeys = {aes: randomBytes(32), mac: randomBytes(32), iv: randomBytes(16)};
let sealedAttachment;

const workloads = {
  'handshake': {
    operations: handshakes,
    prepare: async () => {
      bundles = [];
      for (let i = 0; i < handshakes; ++i) bundles.push(await b.bundle(nextKeyId++));
    },
    encrypt: async () => {
      const kept = [a.sessions.kept, b.sessions.kept];
      for (const bundle of bundles) {
        a.sessions.kept = b.sessions.kept = null;
        await initiate(a, b, bundle);
        await pass(a, b, 64);
      }
      [a.sessions.kept, b.sessions.kept] = kept;
    },
  },
  'ping-pong 64 B': {
    operations: 64,
    encrypt: async () => {
      for (let i = 0; i < 32; ++i) {
        await pass(a, b, 64);
        await pass(b, a, 64);
      }
    },
  },
  'one-way 64 B': oneWay(64),
  'one-way 1 KiB': oneWay(1024),
  'one-way 16 KiB': oneWay(16384),
  'reverse 40': reverse(40),
  'reverse 1,000': reverse(1000),
  'save + restore': {
    operations: 200,
    encrypt: async () => {
      let bytes = a.sessions.kept;
      for (let i = 0; i < 200; ++i) bytes = s.SessionRecord.deserialize(bytes).serialize();
    },
  },
  'attachment 1 MiB': {
    operations: 1,
    encrypt: async () => {
      const cipher = createCipheriv('aes-256-cbc', attachmentKeys.aes, attachmentKeys.iv);
      const body = Buffer.concat([attachmentKeys.iv, cipher.update(attachment), cipher.final()]);
      sealedAttachment = [body, createHmac('sha256', attachmentKeys.mac).update(body).digest()];
    },
    decrypt: async () => {
      const [body, mac] = sealedAttachment;
      must(createHmac('sha256', attachmentKeys.mac).update(body).digest().equals(mac), 'attachment mac');
      const cipher = createDecipheriv('aes-256-cbc', attachmentKeys.aes, body.subarray(0, 16));
      must(cipher.update(body.subarray(16)).length + cipher.final().length === attachment.length, 'attachment');
    },
  },
  'group 1 KiB': {
    operations: 100,
    encrypt: async () => {
      wire = [];
      for (let i = 0; i < 100; ++i) {
        wire.push((await s.groupEncrypt(a.address, distributionId, a.senderKeys, content.get(1024))).serialize());
      }
    },
    decrypt: async () => {
      for (const bytes of wire) {
        must((await s.groupDecrypt(a.address, b.senderKeys, bytes)).length === 1024, 'group content');
      }
    },
  },
};

const cpuUs = () => {
  const used = process.cpuUsage();
  return used.user + used.system;
};
async function time(step) {
  const begin = cpuUs();
  if (step) await step();
  return cpuUs() - begin;
}
async function run(name) {
  const w = workloads[name];
  if (w.prepare) await w.prepare();
  const encryptUs = await time(w.encrypt) / w.operations;
  const decryptUs = await time(w.decrypt) / w.operations;
  if (w.cleanUp) await w.cleanUp();
  const line = {workload: name, operations: w.operations, us: encryptUs + decryptUs};
  return w.decrypt ? {...line, encrypt_us: encryptUs, decrypt_us: decryptUs} : line;
}

// Messages of SPQR carry pieces of different lengths, so lengths are means.
async function meanLength(length) {
  let bytes = 0;
  for (let i = 0; i < 100; ++i) {
    const message = await encrypt(a, b, length);
    bytes += message.bytes.length;
    await decrypt(b, a, message, length);
    await pass(b, a, length);
  }
  return bytes / 100;
}
async function sizes() {
  const kept = a.sessions.kept;
  a.sessions.kept = null;
  await initiate(a, b, await b.bundle(nextKeyId++));
  const first = (await encrypt(a, b, 64)).bytes.length;
  a.sessions.kept = kept;
  const result = {'first message 64 B': first, 'message 64 B': await meanLength(64),
                  'message 1 KiB': await meanLength(1024), 'saved state': b.sessions.kept.length};
  await sendMany(1000);
  await decrypt(b, a, wire.at(-1), 64);
  result['pending key'] = (b.sessions.kept.length - result['saved state']) / 999;
  result['group message 1 KiB'] =
      (await s.groupEncrypt(a.address, distributionId, a.senderKeys, content.get(1024))).serialize().length;
  return result;
}

const live = [];
const residentBytes = () => Number(readFileSync('/proc/self/statm', 'ascii').split(' ')[1]) * 4096;
function memory(count) {
  const before = residentBytes();
  for (let i = 0; i < count; ++i) live.push(s.SessionRecord.deserialize(a.sessions.kept));
  return (residentBytes() - before) / count;
}

const say = (line) => process.stdout.write(JSON.stringify(line) + '\n');
say({peer: 'libsignal', version, workloads: Object.keys(workloads)});
for await (const request of createInterface({input: process.stdin})) {
  if (request in workloads) {
    say(await run(request));
  } else if (request === 'sizes') {
    say({sizes: await sizes()});
  } else if (request.startsWith('memory ')) {
    say({session_bytes: memory(Number(request.slice(7)))});
  } else {
    say({error: 'no such workload'});
  }
}
