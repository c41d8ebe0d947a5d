import { concatBytes, fromHex, toHex } from '@ezchat/protocol/codec/bytes.ts'
import {
  type BlindedSecret,
  blindExpanded,
  blindingParameter,
  blindPoint,
  blindPublicKey,
  blindSecret,
  checkIdentityKey,
  signBlinded,
} from '@ezchat/protocol/mailbox/blind.ts'
import { bytes, number, secret } from '../input.ts'
import type { Entries } from '../vector.ts'

const expanded = ({ scalar, prefix }: BlindedSecret): string =>
  toHex(concatBytes(scalar.reveal(), prefix.reveal()))

export const entries: Entries = {
  /** Both ways round from h, and a signature that plain Ed25519 accepts. */
  blind(input, crypto) {
    const parameter = bytes(input, 'parameter')
    const blinded = blindExpanded(crypto, secret(input, 'expandedSecret'), parameter)
    const message = fromHex('68656c6c6f20776f726c64')
    return {
      blindedPublicKey: toHex(blindPoint(checkIdentityKey(bytes(input, 'publicKey')), parameter)),
      publicKeyOfBlindedSecret: toHex(blinded.publicKey),
      blindedSecret: expanded(blinded),
      signatureHolds: crypto.ed25519Verify(
        blinded.publicKey,
        message,
        signBlinded(crypto, blinded, message),
      ),
    }
  },
  parameter: (input, crypto) =>
    toHex(
      blindingParameter(
        crypto,
        bytes(input, 'identityKey'),
        bytes(input, 'doorSecret'),
        number(input, 'period'),
      ),
    ),
  blindPublicKey: (input, crypto) =>
    toHex(
      blindPublicKey(
        crypto,
        bytes(input, 'identityKey'),
        bytes(input, 'doorSecret'),
        number(input, 'period'),
      ),
    ),
  sign(input, crypto) {
    const blinded = blindSecret(
      crypto,
      secret(input, 'identitySeed'),
      bytes(input, 'doorSecret'),
      number(input, 'period'),
    )
    return {
      mailbox: toHex(blinded.publicKey),
      signature: toHex(signBlinded(crypto, blinded, bytes(input, 'message'))),
    }
  },
}
