// What goes wrong, drawn from the seed: who dies, when, and how the network falls apart.
import type { Random } from './random.ts'
import type { Machine, Scene } from './scene.ts'

const HOUR_MS = 3_600_000
const AWAY_MS_MEAN = 60_000
const CHECK_MS = 10_000

export class Faults {
  readonly #world: Scene
  readonly #random: Random
  #isOn = false

  constructor(world: Scene, random: Random) {
    this.#world = world
    this.#random = random
  }

  begin(): void {
    this.#isOn = true
    const { plan, nodes } = this.#world
    const { nodeCount, churnPerHour, crashesPerHour, clogsPerHour } = plan
    this.#often(churnPerHour * nodeCount, (node) => void node.replace())
    this.#often(crashesPerHour * nodeCount, (node) => this.#crash(node))
    this.#often(clogsPerHour, ({ host }) => {
      host.cloggedUntilMs = this.#world.timeline.nowMs + this.#random.between(1000, 20_000)
    })
    if (plan.hasFaultyDisks) {
      this.#often(nodeCount, (node) => this.#spoilDisk(node))
    }
    if (plan.partitionMinutes > 0) this.#partition(plan.partitionMinutes * 60_000)
    this.#sendAway()
    // Half of the dead ones answer nothing, the others are gone.
    const dead = nodes.filter(({ kind }) => kind === 'dead')
    for (const node of this.#random.sample(dead, dead.length / 2)) node.leave()
    if (plan.isOneAbsent) nodes.at(-1)?.leave()
  }

  /** From now on the network is as good as any. */
  heal(): void {
    this.#isOn = false
    const { network, nodes, plan } = this.#world
    network.conditions.resetShare = 0
    network.conditions.lossShare = 0
    for (const host of network.hosts) host.side = 0
    for (const node of nodes) {
      for (const disk of Object.values(node.disks)) disk.set({})
      node.restartIfFailed()
      if (!node.isUp && node.kind !== 'dead') void node.start()
    }
    if (plan.hasFaultyDisks) this.#watchDisks()
  }

  /** After a failed write a daemon has to be started again: nobody may believe its disk. */
  #watchDisks(): void {
    this.#world.timeline.after(CHECK_MS, () => {
      for (const node of this.#world.nodes) node.restartIfFailed()
      this.#watchDisks()
    })
  }

  #often(perHour: number, happen: (node: Machine) => void): void {
    if (perHour <= 0) return
    this.#world.timeline.after(this.#random.exponential(HOUR_MS / perHour), () => {
      if (!this.#isOn) return
      const node = this.#random.pick(this.#world.mortals)
      if (node !== undefined) happen(node)
      this.#often(perHour, happen)
    })
  }

  #crash(node: Machine): void {
    if (!node.isUp) return
    node.crash({ isPowerLost: this.#random.chance(0.5) })
    node.startLater(this.#random.exponential(AWAY_MS_MEAN))
  }

  #spoilDisk(node: Machine): void {
    const { store, courier } = node.disks
    const disk = this.#random.chance(0.7) ? store : courier
    const what = this.#random.below(4)
    if (what === 0) disk.failNextWrite()
    else if (what === 1) disk.set({ writeFailureShare: 0.2, readFailureShare: 0.05 })
    else if (what === 2) disk.set({ capacityBytes: 1 })
    else if (store.flipBit(() => true)) this.#world.model.excuse(node.host.index)
    this.#world.timeline.after(this.#random.exponential(30_000), () => disk.set({}))
    this.#world.timeline.after(CHECK_MS, () => node.restartIfFailed())
    this.#world.timeline.after(6 * CHECK_MS, () => node.restartIfFailed())
  }

  #partition(lengthMs: number): void {
    const { timeline, network, plan } = this.#world
    const startsAfterMs = this.#random.between(0.1, 0.5) * plan.minutes * 60_000
    timeline.after(startsAfterMs, () => {
      if (!this.#isOn) return
      for (const host of network.hosts) host.side = this.#random.chance(0.4) ? 1 : 0
      timeline.after(lengthMs, () => {
        for (const host of network.hosts) host.side = 0
      })
    })
  }

  #sendAway(): void {
    const { plan, mortals, timeline } = this.#world
    const lengthMs = plan.minutes * 60_000
    for (const node of this.#random.sample(mortals, Math.floor(mortals.length * plan.awayShare))) {
      timeline.after(this.#random.unit() * lengthMs * 0.3, () => node.leave())
      timeline.after(lengthMs * this.#random.between(0.6, 1), () => void node.start())
    }
  }
}
