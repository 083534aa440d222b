import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Fault } from '../../src/sandbox/pingfederate/faults.ts'
import { execute } from '../database/execute.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { openJournal } from '../journal/journal.ts'
import { laterThanLeasesMs } from '../service.ts'
import { endFormer as end, rotate, startWithFormer } from './rotations.ts'

const server = usePostgresServer()
const engines: Record<string, (t: TestContext) => Promise<string | undefined>> = {
  SQLite: async () => undefined,
  PostgreSQL: t => server.createDatabase(t),
}
const timeoutMs = 400

/** The write of either kind of version. */
const writes = {
  '12.1.0.4': { method: 'PUT', path: '/oauth/clients/pa_wam' },
  '13.0.0.0': { method: 'DELETE', path: '/oauth/clients/pa_wam/clientAuth/clientSecret/secondarySecrets' },
}

for (const [engine, createDatabase] of Object.entries(engines))
  for (const [version, match] of Object.entries(writes)) {
    const on = `on ${engine} with version ${version}`
    const start = async (t: TestContext) => {
      const service = await startWithFormer(t, { database: await createDatabase(t), version, timeoutMs })
      const fault = (planned: Fault) => service.sandbox.pingFederate.faults.next({ match, fault: planned })
      const settle = async () => {
        await execute(
          service.env['DATABASE_URL'] ?? '',
          "update operation set lease_until = created_at where state = 'intended'",
        )
        await service.stop()
        const journal = await openJournal(t, service, { aheadMs: laterThanLeasesMs })
        await journal.recover()
        return (await journal.states()).at(-1)
      }
      return { service, fault, settle }
    }

    test(`82: ${on}: a lost answer to what was done is looked up`, async t => {
      const { service, fault } = await start(t)
      fault({ answer: { kind: 'drop' } })
      assert.equal((await end(service)).status, 204)
      assert.deepEqual(await service.logins(), [false, true])
    })

    test(`82: ${on}: what has no answer holds the client, so that nothing late meets a later rotation`, async t => {
      const { service, fault, settle } = await start(t)
      const arriving = Promise.withResolvers<void>()
      const { struck } = fault({ actAfter: arriving.promise })
      const open = await end(service)
      assert.deepEqual([open.status, open.body.code], [504, 'outcome_unknown'])
      assert.equal(open.headers.get('retry-after'), String((30 * timeoutMs) / 1000))
      const refused = await rotate(service, { body: { force: true } })
      assert.deepEqual([refused.status, refused.body.code], [409, 'operation_in_progress'])
      arriving.resolve()
      await struck
      assert.deepEqual(await service.logins(), [false, true])
      assert.equal(await settle(), 'done')
    })

    test(`82: ${on}: what never arrives ends as failed, and the former secret works on`, async t => {
      const { service, fault, settle } = await start(t)
      fault({ acts: false, answer: { kind: 'drop' } })
      assert.equal((await end(service)).body.code, 'outcome_unknown')
      assert.equal(await settle(), 'failed outcome_unknown')
      assert.deepEqual(await service.logins(), [true, true])
    })
  }
