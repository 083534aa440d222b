import { compileSchema } from '../http/compilation.ts'
import { parseJson } from '../http/json-body.ts'
import { toViolations } from '../http/validation.ts'
import { Problem, type Violation } from '../problem.ts'
import { findMeaningless } from './find-meaningless.ts'
import type { PolicyProblem } from './policy-problem.ts'
import { PolicyFile } from './schema.ts'
import { type Policy, toPolicy } from './team-policy.ts'

export type ParsedPolicy =
  | { policy: Policy; problems?: undefined }
  | { policy?: undefined; problems: readonly PolicyProblem[] }

/** Turns the content of a policy file into the policy, or names everything that is wrong with it. */
export const parsePolicy = (content: Buffer): ParsedPolicy => {
  try {
    const file = parseJson(content, 'The file')
    const problems = findProblems(file)
    return problems.length > 0 ? { problems } : { policy: toPolicy(file as PolicyFile) }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { problems: error.violations?.map(toPolicyProblem) ?? [unreadable(error)] }
  }
}

/** Those of the schema, and of what the schema cannot say. */
const findProblems = (file: unknown): PolicyProblem[] => {
  const broken = checkSchema(file).map(toPolicyProblem)
  const pointers = new Set(broken.map(({ pointer }) => pointer))
  return [...broken, ...findMeaningless(file).filter(({ pointer }) => !pointers.has(pointer))]
}

/** Compiled when there is a file to check, because most starts have none. */
const checkSchema = (file: unknown): Violation[] => {
  const check = compileSchema({ schema: PolicyFile })
  return check(file) ? [] : toViolations({ validation: check.errors ?? [] })
}

const toPolicyProblem = ({ in: _part, ...problem }: Violation): PolicyProblem => problem

const unreadable = ({ code, message }: Problem): PolicyProblem => ({
  pointer: '',
  rule: code,
  detail: message,
  fix: 'Write one JSON object; docs/policy.md has an example.',
})
