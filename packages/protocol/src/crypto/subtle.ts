export type KeyUse = 'sign' | 'verify' | 'deriveBits'

/** The part of a host's SubtleCrypto that is used. A key is whatever `importKey` answers. */
export interface SubtleLike {
  digest(algorithm: string, data: Uint8Array): Promise<ArrayBuffer>
  importKey(
    format: 'raw' | 'pkcs8',
    data: Uint8Array,
    algorithm: string | { readonly name: string; readonly hash: string },
    extractable: boolean,
    uses: KeyUse[],
  ): Promise<object>
  sign(algorithm: string, key: object, data: Uint8Array): Promise<ArrayBuffer>
  verify(algorithm: string, key: object, signature: Uint8Array, data: Uint8Array): Promise<boolean>
  deriveBits(
    algorithm:
      | { readonly name: string; readonly public: object }
      | {
          readonly name: string
          readonly hash: string
          readonly salt: Uint8Array
          readonly info: Uint8Array
        },
    key: object,
    length: number,
  ): Promise<ArrayBuffer>
}
