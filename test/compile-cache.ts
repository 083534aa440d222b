import { resolve } from 'node:path'

const folder = process.env['NODE_COMPILE_CACHE']

/**
 * For the environment of a process that a test starts: most of what a start takes is compiling, which the tests' own
 * process has done already.
 */
export const compileCache: Readonly<Record<string, string>> =
  folder === undefined ? {} : { NODE_COMPILE_CACHE: resolve(folder) }
