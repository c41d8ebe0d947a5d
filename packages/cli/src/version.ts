/** Of the program; scripts/build.ts and package.json have the same, which a test holds. */
export const VERSION = '0.1.0'
