// Why a verb failed: what happened, what to do next, and the exit code of the command line.
// docs/api.md prints this table.

/**
 * 1 the user can mend it, 2 wrong usage, 3 daemon, network or disk, 4 an identity that is not
 * trusted, 5 a quota, 6 timed out and still queued, 70 a bug of ours, 130 interrupted.
 */
export type ExitCode = 1 | 2 | 3 | 4 | 5 | 6 | 70 | 130

export const FAILURES = {
  BAD_REQUEST: [2, 'this is no request of the control API', 'see docs/api.md'],
  UNKNOWN_METHOD: [2, 'there is no such method', 'see docs/api.md, or update the daemon'],
  BAD_PARAMS: [2, 'a parameter is not what it must be', 'see docs/api.md'],
  PEER_UNKNOWN: [1, 'nobody is known here by that name', 'run: ezchat contacts list'],
  PEER_AMBIGUOUS: [1, 'several contacts fit that name', 'write more of the name or the address'],
  NAME_TAKEN: [1, 'somebody else is called so already', 'choose another name with --name'],
  ADDRESS_BAD: [1, 'this is no address', 'compare it with the original: a character is wrong'],
  INVITE_BAD: [1, 'this is no invite', 'copy the whole link, from `ezchat:` to its end'],
  INVITE_EXPIRED: [1, 'this invite is past its time', 'ask for a new one'],
  INVITE_ELSEWHERE: [1, 'this invite is for another network', 'start a daemon in that network'],
  SELF: [1, 'this is your own address', 'nothing needs to be done'],
  BLOCKED: [1, 'this contact is blocked', 'run: ezchat contacts block NAME --off'],
  MESSAGE_UNKNOWN: [1, 'there is no such message', 'run: ezchat read'],
  ID_TAKEN: [1, 'another message has this id', 'leave --id out, or choose another'],
  TEXT_LONG: [1, 'the text is too long for one message', 'send it in parts'],
  NOT_TRUSTED: [
    4,
    'the safety number is not the one that was expected',
    'somebody may be in between: compare the number in person before you write again',
  ],
  FORKED: [
    4,
    'two contradicting device lists were signed in this name',
    'ask them in person: somebody else has their key',
  ],
  QUOTA: [5, 'a quota is used up', 'run: ezchat status'],
  TIMED_OUT: [
    6,
    'not confirmed in time; the message is queued and will be sent',
    'run: ezchat outbox',
  ],
  NO_DAEMON: [3, 'no daemon is running', 'run: ezchat daemon'],
  BUSY: [3, 'too much is under way', 'try again in a moment'],
  STOPPING: [3, 'the daemon is stopping', 'start it again: ezchat daemon'],
  DISK: [3, 'the disk does not take it', 'run: ezchat doctor'],
  LOCKED: [3, 'another daemon uses this home', 'stop it, or choose another one with --home'],
  PORT_IN_USE: [3, 'another program listens there', 'choose another port with --listen or --web'],
  NO_HOME: [1, 'there is no identity here yet', 'run: ezchat init'],
  HOME_UNWRITABLE: [3, 'the home directory cannot be written', 'choose another one with --home'],
  HOME_NEWER: [3, 'this home was written by a newer version', 'update ezchat'],
  HOME_DAMAGED: [3, 'the home is damaged', 'run: ezchat doctor'],
  PASSPHRASE_WRONG: [1, 'the passphrase is wrong', 'try again'],
  PASSPHRASE_NEEDED: [1, 'this home is locked by a passphrase', 'give it on standard input'],
  WORDS_BAD: [1, 'these are not 24 recovery words', 'compare them with what was written down'],
  CONFIG_BAD: [1, 'the configuration is wrong', 'run: ezchat config validate'],
  NETWORK_BAD: [1, 'this is no network', 'give the file or the invite of a network'],
  CLOCK: [3, 'the clock of this machine is wrong', 'set it, then start the daemon again'],
  INTERNAL: [
    70,
    'something went wrong that should not have',
    'report it with the log of the daemon',
  ],
  INTERRUPTED: [130, 'interrupted', ''],
} as const satisfies { readonly [code: string]: readonly [ExitCode, string, string] }

export type FailureCode = keyof typeof FAILURES

export interface FailureBody {
  readonly code: FailureCode
  readonly message: string
  readonly advice: string
}

/** What every layer above the protocol throws for people. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: FailureCode
  readonly advice: string

  constructor(code: FailureCode, detail?: string, options?: ErrorOptions) {
    const [, says, advice] = FAILURES[code]
    super(detail === undefined ? says : `${says}: ${detail}`, options)
    this.code = code
    this.advice = advice
  }

  /** As the other side put it. */
  static heard(code: FailureCode, message: string): Failure {
    const failure = new Failure(code)
    failure.message = message
    return failure
  }

  get exitCode(): ExitCode {
    return FAILURES[this.code][0]
  }

  get body(): FailureBody {
    return { code: this.code, message: this.message, advice: this.advice }
  }
}

export function isFailureCode(code: unknown): code is FailureCode {
  return typeof code === 'string' && Object.hasOwn(FAILURES, code)
}
