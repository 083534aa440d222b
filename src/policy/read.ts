import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { parsePolicy } from './parse.ts'
import type { PolicyProblem } from './policy-problem.ts'
import type { Policy } from './team-policy.ts'

/** Far above thousands of teams; without a bound a wrong path, such as that of a log, would be read into memory. */
const maxBytes = 4 * 1024 * 1024

export type ReadPolicy =
  | { policy: Policy; sha256: string; problems?: undefined }
  | { policy?: undefined; sha256?: undefined; problems: readonly PolicyProblem[] }

/**
 * Reads and checks a policy file; what is wrong is told and not thrown, because a running service goes on. The digest
 * of the file (SHA-256, hex) tells whether replicas have the same.
 */
export const readPolicy = (path: string): ReadPolicy => {
  const content = readContent(path)
  if (!Buffer.isBuffer(content)) return { problems: [content] }
  const parsed = parsePolicy(content)
  return parsed.policy ? { ...parsed, sha256: createHash('sha256').update(content).digest('hex') } : parsed
}

const readContent = (path: string): Buffer | PolicyProblem => {
  try {
    const stats = statSync(path)
    if (!stats.isFile()) return notAFile
    return stats.size > maxBytes ? tooLarge : readFileSync(path)
  } catch (error) {
    return cannotRead(String((error as NodeJS.ErrnoException).code ?? 'unknown'))
  }
}

const notAFile: PolicyProblem = {
  pointer: '',
  rule: 'file',
  detail: 'This is not a file.',
  fix: 'Name the policy file.',
}

const tooLarge: PolicyProblem = {
  pointer: '',
  rule: 'file_size',
  detail: `The file is larger than ${maxBytes} bytes.`,
  fix: 'Name the policy file.',
}

const cannotRead = (code: string): PolicyProblem => ({
  pointer: '',
  rule: 'readable',
  detail: `The file cannot be read (${code}).`,
  fix: 'Name a file that this process may read.',
})
