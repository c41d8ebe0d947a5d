// The public names of a peer, and nothing else.
export { type NativeCryptoInit, nativeCrypto } from './crypto/native.ts'
