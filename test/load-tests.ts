import { globSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'node:test'

/**
 * All tests of a folder and of those in it, or those that the pattern names; a suite for each file. In one process,
 * because loading the service takes longer than most files' tests.
 */
export const loadTests = (folder: string, pattern = '**/*.test.ts'): void => {
  for (const file of globSync(pattern, { cwd: folder }).toSorted())
    describe(file, async () => void (await import(join(folder, file))))
}
