export {
  type Config,
  type ConfigName,
  configSchema,
  DEFAULT_CONFIG,
  parseBytes,
  parseDurationMs,
} from './config.ts'
export {
  type ExitCode,
  FAILURES,
  Failure,
  type FailureBody,
  type FailureCode,
  isFailureCode,
} from './failures.ts'
export { type HomePaths, type HomeSurroundings, homePaths } from './home-paths.ts'
export {
  type ControlEvent,
  event as controlEvent,
  METHODS as CONTROL_METHODS,
  type Method as ControlMethod,
  type MethodName as ControlMethodName,
  PAGE_MESSAGES_MAX,
  type ParamsOf,
  type ResultOf,
} from './methods.ts'
export {
  decodeRpc,
  encodeFailure,
  encodeNotification,
  encodeRequest,
  encodeResult,
  RPC_LINE_CHARACTERS_MAX,
  type RpcId,
  type RpcIncoming,
  type RpcRequest,
} from './rpc.ts'
export { type Schema, SchemaError } from './schema.ts'
export type {
  CheckView,
  ContactView,
  HopView,
  MessageState,
  MessageView,
  PeerView,
  SyncingView,
} from './values.ts'
