// What a pusher is told to do.

export type PushOrder =
  /** Makes what the next `push` uses up. */
  | { readonly kind: 'prepare'; readonly count: number }
  | { readonly kind: 'push'; readonly inFlight: number }
  /** Counts the receipts of the last push that hold. */
  | { readonly kind: 'check' }
