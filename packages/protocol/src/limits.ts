// What we chose, not what the specification fixes. docs/limits.md lists these.
export {}
