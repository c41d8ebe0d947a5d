// What a value of the control API may be. One schema checks it, gives its type, and describes it for
// docs/api.md. A library for this would be the largest part of what `ezchat status` loads.

/** The value is not what the API says. `path` is where, as `messages[2].text`. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError'
  readonly path: string

  constructor(path: string, says: string) {
    super(path === '' ? says : `${path}: ${says}`)
    this.path = path
  }
}

export interface Schema<T> {
  /** Returns the value, without fields that the schema does not know; or throws SchemaError. */
  check(value: unknown, path?: string): T
  /** For people: `text of 1 to 64 characters`. */
  readonly says: string
  /** Of an object: its fields in order, each with what it means. */
  readonly fields?: readonly FieldNote[]
  readonly isOptional?: boolean
}

export interface FieldNote {
  readonly name: string
  readonly says: string
  readonly meaning: string
  readonly isOptional: boolean
}

export type TypeOf<S> = S extends Schema<infer T> ? T : never

function schema<T>(says: string, check: (value: unknown, path: string) => T): Schema<T> {
  return { says, check: (value, path = '') => check(value, path) }
}

export function text(options: { max: number; min?: number; pattern?: RegExp }): Schema<string> {
  const { max, min = 0, pattern } = options
  const range = min === 0 ? `at most ${max}` : min === max ? `${min}` : `${min} to ${max}`
  const says = `text of ${range} characters`
  return schema(says, (value, path) => {
    if (typeof value !== 'string' || value.length > max || value.length < min) {
      throw new SchemaError(path, `expected ${says}`)
    }
    if (pattern !== undefined && !pattern.test(value)) {
      throw new SchemaError(path, `does not look like one: ${pattern.source}`)
    }
    return value
  })
}

export function integer(options: { min?: number; max?: number } = {}): Schema<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options
  const says =
    max === Number.MAX_SAFE_INTEGER ? `number from ${min}` : `number from ${min} to ${max}`
  return schema(says, (value, path) => {
    if (!Number.isSafeInteger(value) || Number(value) < min || Number(value) > max) {
      throw new SchemaError(path, `expected a whole ${says}`)
    }
    return Number(value)
  })
}

export const flag: Schema<boolean> = schema('true or false', (value, path) => {
  if (typeof value !== 'boolean') throw new SchemaError(path, 'expected true or false')
  return value
})

export function oneOf<const T extends readonly string[]>(...choices: T): Schema<T[number]> {
  const says = choices.map((choice) => `\`${choice}\``).join(' or ')
  return schema(says, (value, path) => {
    if (typeof value !== 'string' || !choices.includes(value)) {
      throw new SchemaError(path, `expected ${choices.join(' or ')}`)
    }
    return value
  })
}

export function nullable<T>(of: Schema<T>): Schema<T | null> {
  return schema(`${of.says}, or null`, (value, path) =>
    value === null ? null : of.check(value, path),
  )
}

export function list<T>(of: Schema<T>, max: number): Schema<readonly T[]> {
  return schema(`list of ${of.says}, at most ${max}`, (value, path) => {
    if (!Array.isArray(value)) throw new SchemaError(path, 'expected a list')
    if (value.length > max) throw new SchemaError(path, `expected at most ${max} entries`)
    return value.map((each, at) => of.check(each, `${path}[${at}]`))
  })
}

export type Optional<T> = Schema<T | undefined> & { readonly isOptional: true }

export function optional<T>(of: Schema<T>): Optional<T> {
  const inner = schema(of.says, (value, path) =>
    value === undefined ? undefined : of.check(value, path),
  )
  return { ...inner, isOptional: true }
}

type Field = readonly [schema: Schema<unknown>, meaning: string]
type Fields = { readonly [name: string]: Field }
type OptionalNames<F extends Fields> = {
  [N in keyof F]: F[N][0] extends { readonly isOptional: true } ? N : never
}[keyof F]
type Present<F extends Fields, N extends keyof F> = {
  readonly [K in N]: TypeOf<F[K][0]>
}
type Perhaps<F extends Fields, N extends keyof F> = {
  readonly [K in N]?: Exclude<TypeOf<F[K][0]>, undefined>
}
export type ObjectOf<F extends Fields> = Present<F, Exclude<keyof F, OptionalNames<F>>> &
  Perhaps<F, OptionalNames<F>>

/** Fields that are not known are left out: whoever reads a newer version's answer must not fail. */
export function object<const F extends Fields>(fields: F, name = 'object'): Schema<ObjectOf<F>> {
  const entries = Object.entries(fields)
  const checked = schema(name, (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new SchemaError(path, 'expected an object')
    }
    const result: Record<string, unknown> = {}
    for (const [field, [of]] of entries) {
      const given = Object.hasOwn(value, field) ? Reflect.get(value, field) : undefined
      const at = path === '' ? field : `${path}.${field}`
      if (given === undefined && !of.isOptional) throw new SchemaError(at, 'is missing')
      const read = of.check(given, at)
      if (read !== undefined) result[field] = read
    }
    return result as ObjectOf<F>
  })
  const notes = entries.map(([field, [of, meaning]]) => {
    return { name: field, says: of.says, meaning, isOptional: of.isOptional === true }
  })
  return { ...checked, fields: notes }
}

/** What a caller may send: fields that are not known are a mistake, and are named. */
export function strict<T>(of: Schema<T>): Schema<T> {
  const known = new Set((of.fields ?? []).map(({ name }) => name))
  const checked = schema(of.says, (value, path) => {
    const result = of.check(value, path)
    const stranger = Object.keys(value as object).find((name) => !known.has(name))
    if (stranger !== undefined) throw new SchemaError(stranger, 'is not known here')
    return result
  })
  return of.fields === undefined ? checked : { ...checked, fields: of.fields }
}
