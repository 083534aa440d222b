import type { SettingProblem } from '../files/secret-files.ts'
import type { PolicyProblem } from './policy-problem.ts'
import { readPolicy } from './read.ts'
import { openPolicy, type Policy } from './team-policy.ts'

/** Where the policy comes from, and as it was read at the start. */
export type PolicySource = Readonly<{
  policy: Policy
  file: Readonly<{ path: string; sha256: string }> | undefined
}>

const withoutFile: PolicySource = Object.freeze({ policy: openPolicy, file: undefined })

/** Reads POLICY_FILE, where it is set, at start-up, where what is wrong with it can be said in one message with the rest. */
export const readPolicySetting = (
  path: string | undefined,
): { policy: PolicySource; problems: SettingProblem[] } => {
  if (!path) return { policy: withoutFile, problems: [] }
  const { policy, sha256, problems } = readPolicy(path)
  return policy
    ? { policy: Object.freeze({ policy, file: Object.freeze({ path, sha256 }) }), problems: [] }
    : { policy: withoutFile, problems: problems.map(toSettingProblem) }
}

const toSettingProblem = (problem: PolicyProblem): SettingProblem => ({
  name: 'POLICY_FILE',
  why: describeProblem(problem),
  fix: problem.fix,
})

/** Place, rule, value and what is wrong, on one line. */
export const describeProblem = ({ pointer, rule, value, detail }: PolicyProblem): string =>
  `${pointer || 'as a whole'} breaks ${rule}${value === undefined ? '' : ` with ${JSON.stringify(value)}`}: ${detail}`
