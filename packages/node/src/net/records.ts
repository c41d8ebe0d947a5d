// Identity records in the DHT: written to the peers nearest to their name and read from several of
// them. Whoever asks takes the best of what holds; nothing here is believed for coming from here.
import { equalBytes, fromHex, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { assert, ProtocolError } from '@ezchat/protocol/errors.ts'
import {
  selectRecord,
  type ValidatedRecord,
  validateRecord,
} from '@ezchat/protocol/identity/record-validator.ts'
import type { Clock, WireOptions } from '@ezchat/protocol/ports.ts'
import type { KadDHT, Selectors, Validators } from '@libp2p/kad-dht'
import { within } from '../deadline.ts'
import { EzchatError } from '../errors.ts'
import {
  OWN_RECORDS_MAX,
  RECORD_ANSWERS_MAX,
  RECORD_FOUND_MS,
  RECORD_PUT_MS_MAX,
  RECORD_REPUBLISH_MS,
} from '../limits.ts'
import { Lookups } from './lookups.ts'
import { nameOfRecordKey, RECORD_NAMESPACE, recordKey } from './names.ts'

export interface RecordRules {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly networkId: Uint8Array
}

const nowSeconds = (clock: Clock) => Math.floor(clock.nowMs() / 1000)

/** For kad-dht. Its own kind of record, public keys, is refused: nobody here has use for it. */
export function recordValidators({ crypto, clock, networkId }: RecordRules): Validators {
  return {
    pk: () => {
      throw new ProtocolError('RECORD_NAME', 'a key is no record of ours')
    },
    [RECORD_NAMESPACE]: (key, value) => {
      const name = nameOfRecordKey(key)
      if (name === null) throw new ProtocolError('RECORD_NAME')
      validateRecord(crypto, name, value, { networkId, nowSeconds: nowSeconds(clock) })
    },
  }
}

export function recordSelectors(rules: RecordRules): Selectors {
  return {
    [RECORD_NAMESPACE]: (key, records) => {
      const name = nameOfRecordKey(key)
      const valid = name === null ? [] : records.flatMap((bytes) => validOnes(rules, name, bytes))
      const best = selectRecord(valid)
      const at = records.findIndex((bytes) => best !== null && equalBytes(bytes, best.bytes))
      return Math.max(0, at)
    },
  }
}

function validOnes(rules: RecordRules, name: Uint8Array, bytes: Uint8Array): ValidatedRecord[] {
  const { crypto, clock, networkId } = rules
  try {
    const check = { networkId, nowSeconds: nowSeconds(clock) }
    return [validateRecord(crypto, name, bytes, check).record]
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return []
    throw error
  }
}

export interface RecordsInit extends RecordRules {
  readonly dht: Pick<KadDHT, 'get' | 'put'>
  readonly onFailure: (error: unknown) => void
}

export class Records {
  readonly #init: RecordsInit
  readonly #lookups: Lookups<readonly Uint8Array[]>
  readonly #own = new Map<string, ValidatedRecord>()
  readonly #stop = new AbortController()
  #cancel: (() => void) | null = null

  constructor(init: RecordsInit) {
    this.#init = init
    this.#lookups = new Lookups({
      clock: init.clock,
      keepMs: RECORD_FOUND_MS,
      run: (name, signal) => this.#read(fromHex(name), signal),
      isWorthKeeping: (found) => found.length > 0,
    })
  }

  /** Each of them valid, none twice; the best is the caller's to choose. */
  find(name: Uint8Array, { signal }: WireOptions): Promise<readonly Uint8Array[]> {
    return this.#lookups.get(toHex(name), signal)
  }

  /**
   * Kept on being published until it expires, or a newer one takes its place. Rejects when nobody
   * else has taken it yet: kad-dht is content with its own copy.
   */
  async publish(name: Uint8Array, record: Uint8Array, { signal }: WireOptions): Promise<void> {
    signal.throwIfAborted()
    const { crypto, clock, networkId } = this.#init
    const key = toHex(name)
    const stored = this.#own.get(key)?.bytes ?? null
    const check = { networkId, nowSeconds: nowSeconds(clock), stored }
    const validated = validateRecord(crypto, name, record, check).record
    this.#own.delete(key)
    this.#own.set(key, validated)
    if (this.#own.size > OWN_RECORDS_MAX) {
      const [oldest] = this.#own.keys()
      if (oldest !== undefined) this.#own.delete(oldest)
    }
    this.#lookups.forget(key)
    this.#cancel ??= clock.after(RECORD_REPUBLISH_MS, () => this.#republish())
    if (!(await this.#write(validated, signal))) throw new EzchatError('PEER_UNREACHABLE')
  }

  close(): void {
    this.#cancel?.()
    this.#stop.abort()
  }

  /** Whether another peer has it now. */
  async #write({ name, bytes }: ValidatedRecord, signal: AbortSignal): Promise<boolean> {
    let isTaken = false
    for await (const event of this.#init.dht.put(recordKey(name), bytes, { signal })) {
      signal.throwIfAborted()
      if (event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE') isTaken = true
    }
    return isTaken
  }

  #republish(): void {
    const { clock, onFailure } = this.#init
    this.#cancel = clock.after(RECORD_REPUBLISH_MS, () => this.#republish())
    for (const [key, record] of this.#own) {
      if (record.expiresSeconds < nowSeconds(clock)) this.#own.delete(key)
    }
    const write = async () => {
      for (const record of this.#own.values()) {
        const limited = (signal: AbortSignal) => this.#write(record, signal)
        await within(clock, RECORD_PUT_MS_MAX, limited, this.#stop.signal)
      }
    }
    write().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) onFailure(error)
    })
  }

  /** What each peer answered, and not only what kad-dht takes for the best of it. */
  async #read(name: Uint8Array, signal: AbortSignal): Promise<readonly Uint8Array[]> {
    assert(name.length === 32, `expected a name of 32 bytes, got ${name.length}`)
    const found = new Map<string, Uint8Array>()
    const take = (bytes: Uint8Array) => {
      if (found.size >= RECORD_ANSWERS_MAX) return
      for (const valid of validOnes(this.#init, name, bytes)) found.set(toHex(bytes), valid.bytes)
    }
    try {
      for await (const event of this.#init.dht.get(recordKey(name), { signal })) {
        if (event.name === 'VALUE') take(event.value)
        else if (event.name === 'PEER_RESPONSE' && event.record !== undefined) {
          take(event.record.value)
        }
      }
    } catch (error: unknown) {
      // Out of time, or a peer did not take the correction that kad-dht sends: what was found holds.
      if (found.size === 0 && !signal.aborted) throw error
    }
    return [...found.values()]
  }
}
