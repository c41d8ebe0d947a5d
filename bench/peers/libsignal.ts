// Signal's own library (AGPL, native), beside which our sessions are timed. Installed by the bench
// into a cache of its own, never a dependency of anything that ships.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const VERSION = '0.103.0'
const cache = new URL('../../.cache/bench/libsignal/', import.meta.url)
const installed = new URL('node_modules/@signalapp/libsignal-client/package.json', cache)

/** What is used of it: the library has no types here, since it is not a dependency. */
interface Serializable {
  serialize(): Uint8Array
}
interface KeyPair {
  getPublicKey(): Serializable
}
interface PrivateKey extends Serializable {
  getPublicKey(): Serializable & { verify(message: Uint8Array, signature: Uint8Array): boolean }
  sign(message: Uint8Array): Uint8Array
}
interface IdentityKeyPair {
  readonly publicKey: Serializable
  readonly privateKey: PrivateKey
}
type Constructor = new () => object
type Store = object
interface Ciphertext extends Serializable {
  type(): number
}
interface Library {
  readonly IdentityKeyPair: { generate(): IdentityKeyPair }
  readonly PrivateKey: { generate(): PrivateKey }
  readonly KEMKeyPair: { generate(): KeyPair }
  readonly ProtocolAddress: { new: (name: string, device: number) => object }
  readonly SignedPreKeyRecord: { new: (...fields: unknown[]) => object }
  readonly KyberPreKeyRecord: { new: (...fields: unknown[]) => object }
  readonly PreKeyBundle: { new: (...fields: unknown[]) => object }
  readonly PreKeySignalMessage: { deserialize(bytes: Uint8Array): object }
  readonly SignalMessage: { deserialize(bytes: Uint8Array): object }
  readonly SessionStore: Constructor
  readonly IdentityKeyStore: Constructor
  readonly PreKeyStore: Constructor
  readonly SignedPreKeyStore: Constructor
  readonly KyberPreKeyStore: Constructor
  readonly Direction: { readonly Sending: number }
  processPreKeyBundle(bundle: object, peer: object, own: object, ...stores: Store[]): Promise<void>
  signalEncrypt(plain: Uint8Array, peer: object, own: object, ...s: Store[]): Promise<Ciphertext>
  signalDecrypt(message: object, peer: object, own: object, ...s: Store[]): Promise<Uint8Array>
  signalDecryptPreKey(
    message: object,
    peer: object,
    own: object,
    ...stores: Store[]
  ): Promise<Uint8Array>
}

/** Null, with a reason, where it cannot be had. */
export async function loadLibsignal(report: (why: string) => void): Promise<Library | null> {
  if (!existsSync(installed)) {
    mkdirSync(cache, { recursive: true })
    writeFileSync(new URL('package.json', cache), '{"private":true}\n')
    const words = ['install', '--no-audit', '--no-fund', `@signalapp/libsignal-client@${VERSION}`]
    const { status } = spawnSync('npm', words, { cwd: cache, stdio: 'ignore' })
    if (status !== 0) {
      report('libsignal could not be installed: no comparison')
      return null
    }
  }
  const require = createRequire(new URL('package.json', cache))
  const main = require.resolve('@signalapp/libsignal-client')
  return (await import(main)) as Library
}

const nameOf = (address: object) => (address as { name(): string }).name()

/** Stores in memory, as its own tests have them: no disk on either side of the comparison. */
function memoryStores(library: Library, identity: IdentityKeyPair) {
  const sessions = new Map<string, object>()
  const [signed, kyber] = [new Map<number, object>(), new Map<number, object>()]
  class Sessions extends library.SessionStore {
    async saveSession(address: object, record: object) {
      sessions.set(nameOf(address), record)
    }
    async getSession(address: object) {
      return sessions.get(nameOf(address)) ?? null
    }
    async getExistingSessions() {
      return [...sessions.values()]
    }
  }
  class Identities extends library.IdentityKeyStore {
    async getIdentityKey() {
      return identity.privateKey
    }
    async getIdentityKeyPair() {
      return identity
    }
    async getLocalRegistrationId() {
      return 1
    }
    async saveIdentity() {
      return 0
    }
    async isTrustedIdentity() {
      return true
    }
    async getIdentity() {
      return null
    }
  }
  class Prekeys extends library.PreKeyStore {
    async savePreKey() {}
    async getPreKey() {
      return null
    }
    async removePreKey() {}
  }
  class SignedPrekeys extends library.SignedPreKeyStore {
    async saveSignedPreKey(id: number, record: object) {
      signed.set(id, record)
    }
    async getSignedPreKey(id: number) {
      return signed.get(id)
    }
  }
  class KyberPrekeys extends library.KyberPreKeyStore {
    async saveKyberPreKey(id: number, record: object) {
      kyber.set(id, record)
    }
    async getKyberPreKey(id: number) {
      return kyber.get(id)
    }
    async markKyberPreKeyUsed() {}
  }
  return {
    sessions: new Sessions(),
    identities: new Identities(),
    prekeys: new Prekeys(),
    signed: new SignedPrekeys(),
    kyber: new KyberPrekeys(),
    forget: () => sessions.clear(),
    signedRecords: signed,
    kyberRecords: kyber,
  }
}

const REGISTRATION_ID = 1
const DEVICE_ID = 1
const PREKEY_ID = 1
const PREKEY_MESSAGE_TYPE = 3

/** Alice and Bob, who have not met. */
export function libsignalPair(library: Library) {
  const identity = {
    alice: library.IdentityKeyPair.generate(),
    bob: library.IdentityKeyPair.generate(),
  }
  const alice = memoryStores(library, identity.alice)
  const bob = memoryStores(library, identity.bob)
  const address = {
    alice: library.ProtocolAddress.new('alice', DEVICE_ID),
    bob: library.ProtocolAddress.new('bob', DEVICE_ID),
  }
  const signedKey = library.PrivateKey.generate()
  const kemKey = library.KEMKeyPair.generate()
  const sign = (key: Serializable) => identity.bob.privateKey.sign(key.serialize())
  const [signedPublic, kemPublic] = [signedKey.getPublicKey(), kemKey.getPublicKey()]
  const [signedSignature, kemSignature] = [sign(signedPublic), sign(kemPublic)]
  bob.signedRecords.set(
    PREKEY_ID,
    library.SignedPreKeyRecord.new(PREKEY_ID, 0, signedPublic, signedKey, signedSignature),
  )
  bob.kyberRecords.set(PREKEY_ID, library.KyberPreKeyRecord.new(PREKEY_ID, 0, kemKey, kemSignature))
  const bundle = library.PreKeyBundle.new(
    REGISTRATION_ID,
    DEVICE_ID,
    null,
    null,
    PREKEY_ID,
    signedPublic,
    signedSignature,
    identity.bob.publicKey,
    PREKEY_ID,
    kemPublic,
    kemSignature,
  )
  const roles = { alice: { own: alice, peer: 'bob' }, bob: { own: bob, peer: 'alice' } } as const
  type Name = keyof typeof roles
  return {
    meet: () =>
      library.processPreKeyBundle(
        bundle,
        address.bob,
        address.alice,
        alice.sessions,
        alice.identities,
      ),
    forget() {
      alice.forget()
      bob.forget()
    },
    async seal(from: Name, plain: Uint8Array): Promise<Ciphertext> {
      const { own, peer } = roles[from]
      const { sessions, identities } = own
      return library.signalEncrypt(plain, address[peer], address[from], sessions, identities)
    },
    async open(to: Name, sealed: Ciphertext): Promise<Uint8Array> {
      const { own, peer } = roles[to]
      const { sessions, identities, prekeys, signed, kyber } = own
      const bytes = sealed.serialize()
      const [from, here] = [address[peer], address[to]]
      if (sealed.type() !== PREKEY_MESSAGE_TYPE) {
        const message = library.SignalMessage.deserialize(bytes)
        return library.signalDecrypt(message, from, here, sessions, identities)
      }
      const message = library.PreKeySignalMessage.deserialize(bytes)
      const stores = [sessions, identities, prekeys, signed, kyber]
      return library.signalDecryptPreKey(message, from, here, ...stores)
    },
  }
}
