import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countTraffic, holdsAll, withNetwork } from './network.ts'

test(
  'who comes back asks the first one at once, and so has what waited',
  withNetwork(async (net) => {
    const [bob, carrier] = await net.several(2)
    const waiting = net.envelopes(10)
    await net.fill(carrier!, waiting)
    const traffic = countTraffic(net.fabric)
    net.link(bob!, carrier!)
    await net.clock.advance(10)
    assert.ok(await holdsAll(bob!, waiting), `${[...traffic.byMethod.keys()]}`)
  }),
)
