import { InvalidArgumentError } from 'commander'

/** What was typed is not what the verb takes: exit code 2. */
export function usage(says: string): never {
  throw new InvalidArgumentError(says)
}
