// Who may use the control API over HTTP: exact names of this host, pages of our own, and a token
// that only the owner of the home can read. Against other websites, and names that turn out to be
// this machine.
import { createHash, timingSafeEqual } from 'node:crypto'

export interface HttpCaller {
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly authorization: string | undefined
  readonly cookie: string | undefined
}

export type Verdict = 'ok' | 'host' | 'origin' | 'token'

const COOKIE = 'ezchat'
const SESSIONS_MAX = 64
const LOGINS_MAX = 16

export class Access {
  readonly #hosts: ReadonlySet<string>
  readonly #origins: ReadonlySet<string>
  readonly #token: string
  readonly #draw: () => string
  readonly #sessions = new Set<string>()
  readonly #logins = new Set<string>()

  /** `hosts` are `name:port`, as a browser writes them. `draw` gives 32 random bytes as text. */
  constructor(hosts: readonly string[], token: string, draw: () => string) {
    this.#hosts = new Set(hosts)
    this.#origins = new Set(hosts.map((host) => `http://${host}`))
    this.#token = token
    this.#draw = draw
  }

  check(caller: HttpCaller): Verdict {
    const place = this.checkPlace(caller)
    if (place !== 'ok') return place
    const bearer = /^Bearer (\S{1,128})$/.exec(caller.authorization ?? '')?.[1]
    if (bearer !== undefined) return isSame(bearer, this.#token) ? 'ok' : 'token'
    const session = cookieOf(caller.cookie)
    return session !== null && this.#has(this.#sessions, session) ? 'ok' : 'token'
  }

  /** Before anybody has shown a token. Programs send no origin; pages always do. */
  checkPlace({ host, origin }: HttpCaller): Verdict {
    if (host === undefined || !this.#hosts.has(host)) return 'host'
    return origin === undefined || this.#origins.has(origin) ? 'ok' : 'origin'
  }

  /** Good once, for the page that is opened with it. */
  mintLogin(): string {
    const login = this.#draw()
    keep(this.#logins, login, LOGINS_MAX)
    return login
  }

  /** The cookie to set, or null. */
  logIn(login: string): string | null {
    const known = this.#find(this.#logins, login)
    if (known === null) return null
    this.#logins.delete(known)
    const session = this.#draw()
    keep(this.#sessions, session, SESSIONS_MAX)
    return `${COOKIE}=${session}; HttpOnly; SameSite=Strict; Path=/`
  }

  #has(among: ReadonlySet<string>, given: string): boolean {
    return this.#find(among, given) !== null
  }

  #find(among: ReadonlySet<string>, given: string): string | null {
    let found: string | null = null
    for (const each of among) if (isSame(each, given)) found = each
    return found
  }
}

/** The oldest goes. */
function keep(set: Set<string>, value: string, countMax: number): void {
  const [oldest] = set
  if (set.size >= countMax && oldest !== undefined) set.delete(oldest)
  set.add(value)
}

function cookieOf(header: string | undefined): string | null {
  const pairs = (header ?? '').split(';', 16).map((pair) => pair.trim().split('='))
  return pairs.find(([name]) => name === COOKIE)?.[1] ?? null
}

function isSame(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(a), hash(b))
}
