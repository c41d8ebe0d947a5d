import fc from 'fast-check'

/** Any UTF-16 code unit, halves of pairs included; fast-check's own takes a second to set up. */
export const anyText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
})
