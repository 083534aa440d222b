import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { redeem } from '../secret-retrievals/retrievals.ts'
import { laterThanLeasesMs } from '../service.ts'
import { createKey, createOnceSettled, createUnderKey, smallest } from '../web-session-clients/requests.ts'
import { createInstallation, type Installation } from './installation.ts'
import type { Halt } from './service.ts'
import { readSyncedFiles, traceWrites } from './synced-files.ts'

const canTrace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0

/** A service whose power can be cut: it is killed, and its files are then what had been synced. */
const startTraced = async (t: TestContext, installation: Installation) => {
  const folder = await mkdtemp(join(tmpdir(), 'trace-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const traceFile = join(folder, 'trace')
  const service = await installation.start({ under: traceWrites(traceFile) })
  const cutPower = async () => {
    await service.kill()
    const synced = readSyncedFiles(traceFile)
    for (const suffix of ['', '-wal', '-shm']) await rm(installation.databasePath + suffix, { force: true })
    for (const suffix of ['', '-wal']) {
      const content = synced.get(installation.databasePath + suffix)
      if (content) await writeFile(installation.databasePath + suffix, content)
    }
  }
  return { service, cutPower }
}

const halts: [string, Halt][] = [
  ['1, before the intent', { when: 'before', commit: 1 }],
  ['2, after the intent', { when: 'after', commit: 1 }],
  ['5, before the end', { when: 'before', commit: 2 }],
  ['6, after the end, before the reply', { when: 'after', commit: 2 }],
]
for (const [where, halt] of halts) {
  test(`8: power lost as in ${where}: the retry gets a working token, one client`, {
    skip: !canTrace && 'strace is missing',
  }, async t => {
    const installation = await createInstallation(t)
    const { service, cutPower } = await startTraced(t, installation)
    const { halted } = await service.haltAt(halt)
    const key = createKey()
    const lost = assert.rejects(createUnderKey(service, key))
    await halted
    await cutPower()
    await lost
    const next = await installation.start({ aheadMs: laterThanLeasesMs })
    const created = await createOnceSettled(next, key)
    assert.equal(created.status, 201)
    assert.equal((await redeem(next, created.body.retrieval.token)).status, 200)
    assert.deepEqual(installation.madeClients(), ['pa_wam'])
    await next.kill()
    await installation.check()
  })
}

test('8: power lost after answers were given: every 201 is durable, and what was redeemed stays redeemed', {
  skip: !canTrace && 'strace is missing',
}, async t => {
  const installation = await createInstallation(t)
  const { service, cutPower } = await startTraced(t, installation)
  const bodies = Array.from({ length: 20 }, (_, index) => ({ ...smallest, clientId: `client-${index}` }))
  const created = await Promise.all(bodies.map(body => createUnderKey(service, createKey(), { body })))
  const tokens = created.map(({ body }) => body.retrieval.token)
  for (const token of tokens.slice(0, 5)) assert.equal((await redeem(service, token)).status, 200)
  await cutPower()
  const next = await installation.start({ aheadMs: laterThanLeasesMs })
  const again = await Promise.all(tokens.map(token => redeem(next, token)))
  assert.deepEqual(
    again.map(({ status }) => status),
    [...Array(5).fill(410), ...Array(15).fill(200)],
  )
  await next.kill()
  await installation.check()
})
