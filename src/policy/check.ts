import { readPolicy } from './read.ts'
import { describeProblem } from './setting.ts'

/** Checks a policy file before a service reads it: `npm run check:policy -- FILE`. Ends with 1 where one would refuse it. */
const check = (path: string): { text: string; isAccepted: boolean } => {
  const { policy, sha256, problems } = readPolicy(path)
  if (policy)
    return {
      text: `${path} is a policy for ${policy.teams.size} teams (sha256 ${sha256}).`,
      isAccepted: true,
    }
  const lines = problems.flatMap(problem => [`  ${describeProblem(problem)}`, `      fix: ${problem.fix}`])
  return {
    text: [`${path} would be refused: ${problems.length} rules are broken.`, ...lines].join('\n'),
    isAccepted: false,
  }
}

const [path] = process.argv.slice(2)
const { text, isAccepted } = path ? check(path) : { text: 'Name the policy file.', isAccepted: false }
process.stdout.write(`${text}\n`)
process.exitCode = isAccepted ? 0 : 1
