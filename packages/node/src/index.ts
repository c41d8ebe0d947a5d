// The public names of a peer.
export {}
