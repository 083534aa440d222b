import assert from 'node:assert/strict'
import { globSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { prepareProcess, tokenOf } from '../service-process.ts'

const [library] = globSync('/usr/lib/*/faketime/libfaketime.so.1')
const skip = library === undefined && 'libfaketime is missing'

/** The service under a system clock that can be set while it runs; what measures durations goes on, as with NTP. */
const startWithClock = async (t: TestContext) => {
  const folder = await mkdtemp(join(tmpdir(), 'clock-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'offset')
  const setClock = (offset: string) => writeFileSync(file, offset)
  setClock('+0')
  const variables = `LD_PRELOAD=${library} FAKETIME_TIMESTAMP_FILE=${file} FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1`
  const { sandbox, start } = await prepareProcess(t)
  return { sandbox, setClock, service: await start({ shell: `export ${variables}` }) }
}

const create = (retrieval: object = {}): string =>
  JSON.stringify({ clientId: 'pa_wam', pingAccessUrls: ['https://mypingaccessserver:3000'], retrieval })

test('45: expired by the system’s clock: dead, and still so after that clock is set back', {
  skip,
}, async t => {
  const { setClock, service } = await startWithClock(t)
  const token = tokenOf(await service.call('POST', '/web-session-clients', create({ ttlSeconds: 60 })))
  const redeem = () => service.call('POST', '/secret-retrievals', JSON.stringify({ token }))
  for (const offset of ['+50m', '+0', '-30s']) {
    setClock(offset)
    const { status, body } = await redeem()
    assert.deepEqual([status, body['code']], [410, 'retrieval_expired'], offset)
  }
})

for (const offset of ['+5m', '-5m']) {
  test(`46: the system’s clock steps by ${offset} during a create: it ends, once, and its token works`, {
    skip,
  }, async t => {
    const { sandbox, setClock, service } = await startWithClock(t)
    const answering = Promise.withResolvers<void>()
    const { struck } = sandbox.pingFederate.faults.next({
      match: { method: 'POST' },
      fault: { answerAfter: answering.promise },
    })
    const creating = service.call('POST', '/web-session-clients', create())
    await struck
    setClock(offset)
    answering.resolve()
    const created = await creating
    assert.equal(created.status, 201)
    setClock('+0')
    const token = tokenOf(created)
    assert.equal((await service.call('POST', '/secret-retrievals', JSON.stringify({ token }))).status, 200)
    assert.equal(sandbox.pingFederate.clients().length, 1)
  })
}
