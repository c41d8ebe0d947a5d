// The public names of devices: device.md.
export { type Contact, decodeContact, encodeContact, NEW_CONTACT } from './contact.ts'
export type { Grant, GrantWarrant } from './grant.ts'
export {
  type DeviceLink,
  decodeDeviceLink,
  encodeDeviceLink,
} from './link-body.ts'
export type { LinkReason } from './link-message.ts'
export {
  decodeNewcomer,
  decodeSponsor,
  encodeNewcomer,
  encodeSponsor,
} from './link-state.ts'
export {
  addDevice,
  effectsOfLog,
  type LogEffect,
  type LogReader,
  type LogSigner,
  type LogStep,
  revokeDevice,
} from './log-change.ts'
export {
  decodeLogHeads,
  encodeLogHeads,
  LOG_HEADS_BYTES_MAX,
  type LogHeads,
} from './log-heads.ts'
export {
  handleNewcomer,
  type LinkEffect,
  type NewcomerEffect,
  type NewcomerEvent,
  newcomerDeadlineSeconds,
  repeatNewcomer,
} from './newcomer.ts'
export { type LinkTerms, type Newcomer, type OwnDevice, startNewcomer } from './newcomer-start.ts'
export {
  addOwnKey,
  decodeOwnKey,
  drawOwnKey,
  encodeOwnKey,
  type OwnKey,
  type OwnKeys,
  ownKeyDueSeconds,
  receiveOwnKey,
  renewOwnKey,
  writingOwnKey,
} from './own-key.ts'
export {
  decodeOwnContent,
  encodeOwnContent,
  logSince,
  type OwnContent,
  type OwnMessage,
  openOwnMessage,
  packRegisters,
  signOwnMessage,
} from './own-message.ts'
export {
  decodeParcel,
  encodeParcel,
  type Introduction as ParcelIntroduction,
  type Parcel,
  type ParcelItem,
} from './parcel.ts'
export { type DeviceProof, encodeDeviceProof, openDeviceProof } from './proof.ts'
export { decodeRegister, encodeRegister, type Register } from './register.ts'
export {
  decodeReadMark,
  decodeRegisterKey,
  encodeReadMark,
  encodeRegisterKey,
  type ReadMark,
  type RegisterSubject,
} from './register-key.ts'
export {
  changesSince,
  forgetRemoved,
  mergeRegisters,
  NO_REGISTERS,
  nextBelievedMs,
  type RegisterChange,
  type Registers,
  type RegistersStep,
  registerValue,
  registerValues,
  registerWords,
  restampRegisters,
  writeRegister,
} from './registers.ts'
export {
  activeDevices,
  checkSender,
  hearHead,
  hearHeads,
  learnLog,
  newRoster,
  type Roster,
  type RosterEffect,
  settleFork,
  type Target,
  targetsOf,
} from './roster.ts'
export { decodeRoster, encodeRoster } from './roster-state.ts'
export { decodeSetting, encodeSetting, type Setting } from './setting.ts'
export {
  type GrantTerms,
  handleSponsor,
  repeatSponsor,
  type Sponsor,
  type SponsorEffect,
  type SponsorEvent,
  sponsorDeadlineSeconds,
  startSponsor,
} from './sponsor.ts'
