// What must not be found, in every form in which it could be written down.

export interface Needle {
  readonly name: string
  readonly bytes: Uint8Array
}

const LONG_ENOUGH = 6

/** As it is, in hexadecimal of both cases, and in base64 wherever it begins in what was encoded. */
function formsOf({ bytes }: Needle): Buffer[] {
  const raw = Buffer.from(bytes)
  const hex = raw.toString('hex')
  const forms = [raw, Buffer.from(hex), Buffer.from(hex.toUpperCase())]
  for (const encoding of ['base64', 'base64url'] as const) {
    for (let before = 0; before < 3; before++) {
      const text = Buffer.concat([Buffer.alloc(before), raw]).toString(encoding)
      // The first and the last characters hold bits of the neighbours.
      const from = Math.ceil((before * 8) / 6)
      const to = Math.floor(((before + raw.length) * 8) / 6)
      forms.push(Buffer.from(text.slice(from, to)))
    }
  }
  return forms.filter((form) => form.length >= LONG_ENOUGH)
}

/** The names of those that are there. */
export function found(needles: readonly Needle[], haystack: readonly Uint8Array[]): string[] {
  const buffers = haystack.map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  return needles
    .filter((needle) => {
      const forms = formsOf(needle)
      return buffers.some((buffer) => forms.some((form) => buffer.includes(form)))
    })
    .map(({ name }) => name)
}

export function textNeedle(name: string, text: string): Needle {
  return { name, bytes: Buffer.from(text) }
}
