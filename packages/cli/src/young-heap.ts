// V8 lets the space for new objects grow with what is made while a program starts, here to its 16 MB,
// and does not shrink it again in a process that does nothing afterwards. So it does not grow until
// a daemon is ready; from then on it is as large as the work wants it.
import { setFlagsFromString } from 'node:v8'

const AS_IT_IS = 1
/** V8's own. */
const DOUBLED = 2

function setGrowth(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`)
}

export function holdYoungHeap(): void {
  setGrowth(AS_IT_IS)
}

export function releaseYoungHeap(): void {
  setGrowth(DOUBLED)
}
