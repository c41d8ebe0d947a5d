// What we chose for the control API and the daemon.

// Per client of the control API: requests under way; the next one is answered busy.
export const CONTROL_REQUESTS_MAX = 64
// Per client: events read at once, 256 × 8 KiB; more are read when these are written.
export const CONTROL_EVENTS_COUNT_MAX = 256
// Per daemon: clients at once over each pipe; the next one is turned away.
export const CONTROL_CLIENTS_MAX = 64
// Per client: answers that it has not yet taken; with more than these it is hung up on.
export const CONTROL_ANSWERS_MAX = 1024
// Per client, when the daemon ends: how long it may take what was written to it.
export const CONTROL_CLOSE_MS_MAX = 500
// What is caught up with in less is not spoken of: nobody waits for it.
export const CATCH_UP_SHOWN_MS = 1000
// How long nothing is under way until all is caught up with: what was fetched is opened at once. A
// carrier that had more than fits into one comparison has its next turn within the second value.
export const CATCH_UP_QUIET_MS = 500
export const CATCH_UP_TURN_MS = 3000
// Per daemon, while it catches up: how often whoever watches is told of it.
export const CATCH_UP_TOLD_MS = 250
// What expires is removed when two looks at the clock, so far apart, found its time over: a clock that is
// wrong for a moment costs nothing. A machine that asks for the time when it starts has it by then.
export const CLOCK_SURE_MS = 300_000
// By how much the wall clock may run away from the monotonic one between two looks and be believed.
export const CLOCK_DRIFT_MS_MAX = 60_000
// Per part that looks: jumps of the clock that are not yet believed; a machine that sleeps and wakes for
// a minute each makes one each time.
export const CLOCK_STEPS_MAX = 16
// Per login of a page: the body that holds its token.
export const CONTROL_LOGIN_BYTES_MAX = 1024
// Per ping of a contact: carriers of its shard that are asked.
export const PING_CARRIERS_MAX = 8
// Per daemon: kinds of failures that are remembered as said; beyond it all are said again.
export const LOG_KINDS_MAX = 256
