import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { type Answer, startTestService, type TestService } from '../service.ts'
import { recordCalls } from './requests.ts'
import { rotate, rotationsPath } from './rotations.ts'
import { readTables } from './tables.ts'

const rulesOf = ({ status, body }: Answer): unknown[] => [
  status,
  body.code,
  ...(body.violations ?? []).map(({ pointer, rule }: Record<string, string>) => `${pointer} ${rule}`).sort(),
]

test('200 for a dry run: what would be used and end, and neither PingFederate nor a table is changed', async t => {
  const service = await startTestService(t)
  await createRetrieval(service)
  const before = readTables(service)
  const calls = recordCalls(service.sandbox)
  const now = Date.now()
  const { status, body } = await rotate(service, {
    ...{ body: { overlapMinutes: 30 }, path: `${rotationsPath}?dryRun=true` },
  })
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual(new Set(calls.map(({ method }) => method)), new Set(['GET']))
  assert.deepEqual(readTables(service), before)
  assert.deepEqual([body.settings[0].value, body.settings[0].source], [30, 'request'])
  assert.equal(body.revokesRetrieval, true)
  assert.ok(Date.parse(body.retrievalExpiresAt) >= now + 899_000)
  assert.ok(Date.parse(body.previousSecretEndsAt) >= now + 1_799_000)
})

/** What the rotation may meet in PingFederate. */
const situations = ['the client', 'the client', 'a client by hand', 'no client'] as const

test('a dry run is ok exactly when the rotation is, else both are refused alike', async t => {
  const asked = fc.record(
    {
      overlapMinutes: fc.constantFrom<unknown>(0, 1, 15, 60, 1_600, 43_200, 43_201),
      retrieval: fc.constantFrom<unknown>(
        {},
        { ttlSeconds: 3_600 },
        { ttlSeconds: 90_000 },
        { redeemableBy: 'bearer' },
      ),
      force: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  const situation = fc.constantFrom(...situations)
  const counts: Record<string, number> = {}
  const service = await startTestService(t)
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      asked,
      situation,
      fc.tuple(fc.boolean(), fc.boolean()),
      async (body, name, [isRedeemed, hasFormer]) => {
        run += 1
        const clientId = `client-${run}`
        const path = `/web-session-clients/${clientId}/secret-rotations`
        await prepare(service, clientId, { name, isRedeemed, hasFormer })
        const dry = await rotate(service, { body, path: `${path}?dryRun=true` })
        const real = await rotate(service, { body, path })
        if (real.status === 201) assert.equal(dry.status, 200, JSON.stringify(dry.body))
        else assert.deepEqual(rulesOf(dry), rulesOf(real))
        const outcome = real.status === 201 ? 'rotated' : real.body.code
        counts[outcome] = (counts[outcome] ?? 0) + 1
      },
    ),
    { numRuns: 60 },
  )
  t.diagnostic(JSON.stringify(counts))
  assert.ok((counts['rotated'] ?? 0) > 0 && Object.keys(counts).length > 2, 'good and bad ones were sent')
})

type Prepared = { name: (typeof situations)[number]; isRedeemed: boolean; hasFormer: boolean }

/** A client of its own for each run of the property. */
const prepare = async (
  service: TestService,
  clientId: string,
  { name, isRedeemed, hasFormer }: Prepared,
): Promise<void> => {
  const token = await createRetrieval(service, { clientId })
  if (isRedeemed) await redeem(service, token)
  const path = `/web-session-clients/${clientId}/secret-rotations`
  // So that some meet two secrets that are alive.
  if (hasFormer) await rotate(service, { body: { overlapMinutes: 60 }, path })
  const { sandbox } = service
  const there = `/oauth/clients/${clientId}`
  const { body } = await callAdminApi(sandbox, 'GET', there)
  if (name === 'no client') await callAdminApi(sandbox, 'DELETE', there)
  if (name === 'a client by hand')
    await callAdminApi(sandbox, 'PUT', there, { ...body, description: 'by hand' })
}
