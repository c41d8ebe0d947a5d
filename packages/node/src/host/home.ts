// The directories of a home, and what may go wrong with them, in words for people.
import { constants } from 'node:fs'
import { access, chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { HomePaths } from '@ezchat/protocol/control/home-paths.ts'

export interface HomeFiles {
  /** Of the peer: has nothing to do with the identity. */
  readonly peerKey: string
  /** With what the history is locked. */
  readonly vault: string
  readonly history: string
  readonly envelopes: string
  /** Pieces of files, kept for others. */
  readonly blobs: string
  /** Peers that were met, and libp2p's own. */
  readonly network: string
  /** Which network it is, as a link. */
  readonly networkLink: string
}

export function filesOf({ data }: HomePaths): HomeFiles {
  return {
    peerKey: join(data, 'peer.key'),
    vault: join(data, 'vault.key'),
    history: join(data, 'history'),
    envelopes: join(data, 'envelopes'),
    blobs: join(data, 'blobs'),
    network: join(data, 'network'),
    networkLink: join(data, 'network.link'),
  }
}

/** Makes what is missing, for its owner only. */
export async function makeHome(paths: HomePaths): Promise<HomeFiles> {
  for (const directory of [paths.data, paths.run]) {
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      await access(directory, constants.W_OK)
      await chmod(directory, 0o700)
    } catch (cause: unknown) {
      throw new Failure('HOME_UNWRITABLE', directory, { cause })
    }
  }
  return filesOf(paths)
}

/** A clock that says less was never set; one that says more is not ours to believe. */
const CLOCK_MS_MIN = Date.parse('2026-01-01')
const CLOCK_MS_MAX = Date.parse('2100-01-01')

export function isSaneClock(nowMs: number): boolean {
  return nowMs >= CLOCK_MS_MIN && nowMs < CLOCK_MS_MAX
}

/** What the platform says of a file or a socket, where it is the user's to mend. */
export function diskFailure(error: unknown): Failure | null {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Failure('DISK', 'it is full', { cause: error })
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new Failure('HOME_UNWRITABLE', undefined, { cause: error })
  }
  if (code === 'EIO') return new Failure('DISK', 'it has failed', { cause: error })
  return null
}
