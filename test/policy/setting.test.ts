import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeProblem, readPolicySetting } from '../../src/policy/setting.ts'
import { openPolicy } from '../../src/policy/team-policy.ts'
import { example, writePolicyFile } from './files.ts'

test('without POLICY_FILE every team may have anything', () => {
  for (const path of [undefined, ''])
    assert.deepEqual(readPolicySetting(path), {
      policy: { policy: openPolicy, file: undefined },
      problems: [],
    })
})

test('the policy comes with its file, and nobody can change either', t => {
  const { path } = writePolicyFile(t, example)
  const { policy, problems } = readPolicySetting(path)
  assert.deepEqual(problems, [])
  assert.equal(policy.file?.path, path)
  assert.equal(policy.policy.changeableBy, example.changeableBy)
  assert.ok(Object.isFrozen(policy) && Object.isFrozen(policy.file))
})

test('everything that is wrong with the file is told under POLICY_FILE, each with a fix', t => {
  const { path } = writePolicyFile(t, { changeableBy: 7, teams: { a: { ports: [0] } } })
  const { problems } = readPolicySetting(path)
  assert.deepEqual(
    problems.map(({ name, why }) => [name, why.split(':')[0]]),
    [
      ['POLICY_FILE', '/changeableBy breaks type with 7'],
      ['POLICY_FILE', '/teams/a/ports/0 breaks minimum with 0'],
    ],
  )
  for (const problem of problems) assert.ok('fix' in problem && problem.fix.length > 5)
})

test('a problem is one line, and that of the file as a whole names no place', () => {
  const problem = { pointer: '', rule: 'file', detail: 'This is not a file.', fix: 'Name the policy file.' }
  assert.equal(describeProblem(problem), 'as a whole breaks file: This is not a file.')
  assert.equal(describeProblem({ ...problem, pointer: '/a', value: 'x\ny' }).split('\n').length, 1)
})
