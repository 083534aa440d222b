import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPolicy } from '../../src/policy/team-policy.ts'
import { planRotation } from '../../src/web-session-clients/rotation-plan.ts'
import { toPolicyOf } from '../policy/files.ts'

const config = {
  retrieval: { ttlSeconds: 900, ttlMaxSeconds: 86_400, bearerAllowed: false },
  rotation: { overlapMinutes: 1_440 },
}
const client = { client_id: 'pa_wam', team: 'payments' }
const plan = (body: Parameters<typeof planRotation>[0], policy = openPolicy) =>
  planRotation(body, { config, policy, client })

test('without a policy what was not sent is as configured', () => {
  const { retrieval, overlap, refusal } = plan({})
  assert.deepEqual(retrieval, { ttlSeconds: 900, redeemableBy: 'team' })
  assert.deepEqual(overlap, { asked: undefined, configuredMinutes: 1_440, ttlSeconds: 900 })
  assert.equal(refusal, undefined)
})

test('an overlap that is asked for is 0 or lasts as long as the token; else it is refused with its place and what to send', () => {
  for (const overlapMinutes of [0, 15, 16]) assert.equal(plan({ overlapMinutes }).refusal, undefined)
  const { refusal } = plan({ overlapMinutes: 14 })
  assert.equal(refusal?.code, 'validation_failed')
  const [violation] = refusal?.violations ?? []
  assert.deepEqual(
    [violation?.pointer, violation?.rule, violation?.value],
    ['/overlapMinutes', 'overlap_minimum', 14],
  )
  assert.match(violation?.fix ?? '', /at least 15\b/)
})

test('what the policy refuses is told and not thrown, for a repetition is answered as the first time', () => {
  const policy = toPolicyOf({
    changeableBy: 'IAM team',
    defaults: { retrieval: { redeemableBy: ['requester'], ttlSeconds: { minimum: 60, maximum: 600 } } },
  })
  assert.deepEqual(plan({}, policy).retrieval, { ttlSeconds: 600, redeemableBy: 'requester' })
  const { refusal, decisions } = plan({ retrieval: { redeemableBy: 'team' } }, policy)
  assert.equal(refusal?.code, 'not_allowed_by_policy')
  assert.equal(decisions.length, 2)
})
