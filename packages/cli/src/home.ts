// Where this user's ezchat is: the surroundings, read once.
import { createHash } from 'node:crypto'
import { homedir, tmpdir, userInfo } from 'node:os'
import { resolve } from 'node:path'
import { type HomePaths, homePaths } from '@ezchat/protocol/control/home-paths.ts'

export function findHome(
  flag: string | undefined,
  env: { readonly [name: string]: string | undefined },
): HomePaths {
  const home = flag ?? (env.EZCHAT_HOME || undefined)
  return homePaths({
    home: home === undefined ? null : resolve(home),
    userHome: homedir(),
    configHome: env.XDG_CONFIG_HOME,
    dataHome: env.XDG_DATA_HOME,
    runtimeDirectory: env.XDG_RUNTIME_DIR,
    temporaryDirectory: tmpdir(),
    userName: userInfo().username,
    hash: (text) => createHash('sha256').update(text).digest('hex').slice(0, 16),
  })
}
