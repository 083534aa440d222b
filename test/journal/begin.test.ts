import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { KyselyPlugin } from 'kysely'
import type { Store } from '../../src/database/store.ts'
import { CommitUnknown, DatabaseUnavailable } from '../../src/database/unavailable.ts'
import { startTestService } from '../service.ts'
import { untilSwept } from '../until-swept.ts'
import { recordCalls, smallest, writesOf } from '../web-session-clients/requests.ts'

/** A service whose next durable write ends without telling whether it was committed. */
const startUncertain = async (t: TestContext, { commits, reads }: { commits: boolean; reads: boolean }) => {
  let isArmed = false
  let isGone = false
  const cause = new Error('the connection broke')
  const failing: KyselyPlugin = {
    transformQuery: ({ node }) => {
      if (isGone) throw new DatabaseUnavailable(cause)
      return node
    },
    transformResult: async ({ result }) => result,
  }
  const wrapStore = (store: Store): Store => ({
    ...store,
    db: store.db.withPlugin(failing),
    write: async (work, options) => {
      if (!isArmed) return store.write(work, options)
      isArmed = false
      if (commits) await store.write(work, options)
      isGone = !reads
      throw new CommitUnknown(cause)
    },
  })
  const service = await startTestService(t, { wrapStore })
  await untilSwept(service)
  isArmed = true
  const back = () => {
    isGone = false
  }
  return { ...service, back }
}

test('35: 201 when the commit of the intent was done and not answered, because it is read again', async t => {
  const service = await startUncertain(t, { commits: true, reads: true })
  assert.equal((await service.call('POST', '/web-session-clients', { body: smallest })).status, 201)
})

for (const commits of [true, false])
  test(`35: 503 that claims nothing when the intent ${commits ? 'was' : 'was not'} committed and cannot be read, and nothing is sent`, async t => {
    const service = await startUncertain(t, { commits, reads: false })
    const calls = recordCalls(service.sandbox)
    const { status, body: problem } = await service.call('POST', '/web-session-clients', { body: smallest })
    assert.deepEqual([status, problem.code], [503, 'database_unavailable'])
    assert.doesNotMatch(problem.detail, /nothing was/i)
    service.back()
    assert.deepEqual(writesOf(calls), [])
  })
