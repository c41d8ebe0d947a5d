// The conversation's public names; index.ts hands them on.
export {
  answerRequest,
  type EntrySource,
  spendPatience,
} from './answer.ts'
export { type Chain, gapsOf, type Range, type Run } from './chain.ts'
export {
  type Composed,
  compose,
  composePassing,
  type Draft,
  directConversationId,
  drawEntryId,
  markRead,
} from './compose.ts'
export {
  type Content,
  type ContentKind,
  decodeContent,
  type EncodedContent,
  encodeContent,
} from './content.ts'
export {
  type Author,
  chainKey,
  decodeEntry,
  type Entry,
  encodeEntry,
  hashEntry,
  isPassing,
} from './entry.ts'
export type { ChainRange } from './kinds/chain-ranges.ts'
export type { FileContent } from './kinds/file.ts'
export type { AnswerContent, RequestContent } from './kinds/history.ts'
export type { CallContent, OpaqueContent } from './kinds/opaque.ts'
export type { ProfileContent, TimerContent } from './kinds/profile.ts'
export type { ReactionContent } from './kinds/reaction.ts'
export type { ReceiptContent } from './kinds/receipt.ts'
export type {
  DeleteContent,
  EditContent,
  Mention,
  TextContent,
} from './kinds/text.ts'
export {
  type Ledger,
  type LedgerEvent,
  type LedgerStatus,
  newLedger,
  stepLedger,
} from './ledger.ts'
export type {
  AlarmKind,
  Arrival,
  ConversationEffect,
  Found,
  HeldEntry,
  Need,
  Outcome,
  PlacedEntry,
  SlotFound,
} from './log-event.ts'
export { decodePlace, type LogRecord, loadLog, recordOf } from './log-record.ts'
export {
  applyChanges,
  type Change,
  hashKey,
  type LogState,
  type LogTerms,
  newLog,
} from './log-state.ts'
export { isMessageText, turnsDirection } from './message-text.ts'
export type { ReactionCount } from './overlay.ts'
export { deliveredReceipt, type ReaderState, ReceiptBook } from './receipt-book.ts'
export { receive } from './receive.ts'
export {
  type Asking,
  type RepairOutcome,
  type RepairTurn,
  repair,
  repairAtMs,
} from './repair.ts'
export { compareStamps, orderKey, type Stamp } from './stamp.ts'
export { type Row, type ShownContent, View, type ViewTerms } from './view.ts'
export type { Authority, EntryStanding, Witness } from './witness.ts'
