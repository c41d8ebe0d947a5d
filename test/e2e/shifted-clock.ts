// For `node --import`: this process believes that it is another time, by so many seconds as
// EZCHAT_TEST_CLOCK_SECONDS says.
const shiftMs = Number(process.env.EZCHAT_TEST_CLOCK_SECONDS) * 1000
const realNow = Date.now.bind(Date)

class ShiftedDate extends Date {
  constructor(...given: [] | [number | string | Date]) {
    if (given.length === 0) super(realNow() + shiftMs)
    else super(given[0])
  }
  static override now(): number {
    return realNow() + shiftMs
  }
}
globalThis.Date = ShiftedDate as DateConstructor
