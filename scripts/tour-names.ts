// What differs from run to run, and what stands for it: the first of a kind has the same name in
// every run.

interface Kind {
  readonly pattern: RegExp
  readonly name: (place: number) => string
}

const digits = (place: number, count: number) => String(place + 1).padStart(count, '0')

const KINDS: readonly Kind[] = [
  { pattern: /ezchat:[\w-]{20,}/g, name: (place) => `ezchat:LINK${place + 1}` },
  { pattern: /ez1[0-9a-z]{58}/g, name: (place) => `ez1${'abcdefgh'[place]?.repeat(58)}` },
  { pattern: /12D3KooW\w{44}/g, name: (place) => `12D3KooWPeer${digits(place, 2)}` },
  {
    pattern: /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g,
    name: (place) => `00000000-0000-4000-8000-${digits(place, 12)}`,
  },
  { pattern: /(?<=\/tcp\/)[1-9]\d*/g, name: (place) => String(4001 + place) },
  { pattern: /\b(?:\d{5} ){5,}\d{5}\b/g, name: () => '12345 '.repeat(12).trim() },
  { pattern: /\d{4}-\d\d-\d\dT[\d:.]+Z/g, name: () => '2026-01-02T03:04:05.678Z' },
  { pattern: /^\d\d:\d\d(?= )/gm, name: () => '12:34' },
  { pattern: /(?<=--before )[0-9a-f]+/g, name: () => '01a1' },
  // Said only where it takes a while.
  { pattern: /^(?:catching|caught) up\b.*\n?/gm, name: () => '' },
  // How many carriers have signed when the answer comes is chance.
  { pattern: /(?<=^delivered), \d+ receipts/gm, name: () => '' },
  { pattern: /(?<=^stored, )\d+ receipts/gm, name: () => '2 receipts' },
]

export class Names {
  readonly #known = new Map<Kind, Map<string, string>>(KINDS.map((kind) => [kind, new Map()]))

  replace(text: string): string {
    return KINDS.reduce((before, kind) => {
      const known = this.#known.get(kind)!
      return before.replaceAll(kind.pattern, (found) => {
        const name = known.get(found) ?? kind.name(known.size)
        known.set(found, name)
        return name
      })
    }, text)
  }
}
