import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { redeem } from '../secret-retrievals/retrievals.ts'
import { laterThanLeasesMs } from '../service.ts'
import {
  clientIds,
  createKey,
  createUnderKey,
  recordCalls,
  smallest,
  writesOf,
} from '../web-session-clients/requests.ts'
import { createInstallation, startObserved } from './installation.ts'

const post = { method: 'POST', path: '/oauth/clients' }

test('29: another process holds the lock: a bounded wait, 503, and no call to PingFederate without a row', async t => {
  const service = await startObserved(t)
  const calls = recordCalls(service.sandbox)
  const other = new DatabaseSync(service.databasePath)
  other.exec('BEGIN IMMEDIATE')
  const key = createKey()
  const started = performance.now()
  const failed = await createUnderKey(service, key)
  assert.deepEqual([failed.status, failed.body.code], [503, 'database_unavailable'])
  assert.ok(performance.now() - started < 10_000)
  assert.deepEqual(calls, [])
  other.close()
  const created = await createUnderKey(service, key)
  assert.equal((await redeem(service, created.body.retrieval.token)).status, 200)
  await service.check()
})

/** A disk of 8 MB that can be filled; undefined where this user may not mount one. */
const mountSmallDisk = async (t: TestContext) => {
  const disk = await mkdtemp(join(tmpdir(), 'small-disk-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk])
  t.after(() => {
    // Lazily, because a process that was killed a moment ago may still hold it.
    spawnSync('umount', ['--lazy', disk])
    return rm(disk, { recursive: true, force: true })
  })
  if (status !== 0) return undefined
  const folder = join(disk, 'data')
  mkdirSync(folder)
  const filler = join(disk, 'filler')
  return {
    folder,
    fill: () => fillUp(filler),
    free: () => rmSync(filler),
    forbidWriting: () => assert.equal(spawnSync('mount', ['-o', 'remount,ro', disk]).status, 0),
  }
}

const fillUp = (path: string): void => {
  const file = openSync(path, 'w')
  const block = Buffer.alloc(4096, 'x')
  try {
    for (;;) writeSync(file, block)
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'ENOSPC')
  } finally {
    closeSync(file)
  }
}

test('30: the disk is full at the intent: 503, no call to PingFederate, and it works again with space', async t => {
  const disk = await mountSmallDisk(t)
  if (!disk) return t.skip('mounting a tmpfs needs root')
  const installation = await createInstallation(t, { folder: disk.folder })
  const calls = recordCalls(installation.sandbox)
  const service = await installation.start()
  disk.fill()
  const key = createKey()
  const failed = await createUnderKey(service, key)
  assert.deepEqual([failed.status, failed.body.code], [503, 'database_unavailable'])
  assert.deepEqual(calls, [])
  disk.free()
  assert.equal((await createUnderKey(service, key)).status, 201)
  await service.kill()
  await installation.check()
})

test('31: the disk is full at the end: 504, recovery finishes it once there is space, and the token works', async t => {
  const disk = await mountSmallDisk(t)
  if (!disk) return t.skip('mounting a tmpfs needs root')
  const installation = await createInstallation(t, { folder: disk.folder })
  const calls = recordCalls(installation.sandbox)
  const first = await installation.start()
  const answering = Promise.withResolvers<void>()
  const { struck } = installation.sandbox.pingFederate.faults.next({
    match: post,
    fault: { answerAfter: answering.promise },
  })
  const key = createKey()
  const creating = createUnderKey(first, key)
  await struck
  disk.fill()
  answering.resolve()
  const open = await creating
  assert.deepEqual([open.status, open.body.code], [504, 'outcome_unknown'])
  disk.free()
  await first.kill()
  const second = await installation.start({ aheadMs: laterThanLeasesMs })
  await second.logged('operation settled')
  const created = await createUnderKey(second, key)
  assert.equal((await redeem(second, created.body.retrieval.token)).status, 200)
  assert.equal(writesOf(calls).length, 1)
  await second.kill()
  await installation.check()
})

/** Lets every sync of a running process fail; undefined where it may not be traced. */
const failSyncs = async (t: TestContext, pid: number) => {
  const inject = ['-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:error=EIO']
  const child = spawn('strace', ['-f', ...inject, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  child.on('error', () => undefined)
  for await (const line of createInterface(child.stderr)) if (line.includes('attached')) return child
  return undefined
}

test('32: a sync fails: the process takes nothing more and ends with 1; the restart reads what there is', async t => {
  const installation = await createInstallation(t)
  const calls = recordCalls(installation.sandbox)
  const first = await installation.start()
  const before = createKey()
  const kept = await createUnderKey(first, before)
  assert.equal(kept.status, 201)
  if (!(await failSyncs(t, first.pid))) return t.skip('strace is missing, or may not trace')
  const key = createKey()
  const body = { ...smallest, clientId: 'other' }
  const failed = await createUnderKey(first, key, { body }).catch(() => undefined)
  assert.ok(failed === undefined || failed.status === 503)
  assert.deepEqual(await first.exited, [1, null])
  assert.equal(writesOf(calls).length, 1)
  const second = await installation.start({ aheadMs: laterThanLeasesMs })
  assert.deepEqual((await createUnderKey(second, before)).body, kept.body)
  assert.equal((await createUnderKey(second, key, { body })).status, 201)
  assert.deepEqual(clientIds(installation.sandbox), ['pa_wam', 'other'])
  await second.kill()
  await installation.check()
})

const checkpoint = (path: string): void => {
  using database = new DatabaseSync(path)
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
}

test('33: a damaged file is refused at the start, and left as it is', async t => {
  const installation = await createInstallation(t)
  const first = await installation.start()
  assert.equal((await createUnderKey(first, createKey())).status, 201)
  await first.kill()
  checkpoint(installation.databasePath)
  const file = openSync(installation.databasePath, 'r+')
  writeSync(file, Buffer.alloc(64, 'x'), 0, 64, 0)
  const before = readFileSync(installation.databasePath)
  await assert.rejects(installation.start(), /ended with 1 /)
  assert.ok(readFileSync(installation.databasePath).equals(before))
})

test('33: a file on a disk that takes no writes is refused at the start, and left as it is', async t => {
  const disk = await mountSmallDisk(t)
  if (!disk) return t.skip('mounting a tmpfs needs root')
  const installation = await createInstallation(t, { folder: disk.folder })
  const first = await installation.start()
  assert.equal((await createUnderKey(first, createKey())).status, 201)
  await first.kill()
  const before = readFileSync(installation.databasePath)
  disk.forbidWriting()
  await assert.rejects(installation.start(), /ended with 1 /)
  assert.ok(installation.logLines.some(line => line.includes('read-only file system')))
  assert.ok(readFileSync(installation.databasePath).equals(before))
})

test('33: a truncated write-ahead log: what is whole is kept, the rest is nobody’s to overwrite', async t => {
  const installation = await createInstallation(t)
  const calls = recordCalls(installation.sandbox)
  const first = await installation.start()
  const key = createKey()
  assert.equal((await createUnderKey(first, key)).status, 201)
  await first.kill()
  truncateSync(`${installation.databasePath}-wal`, 0)
  const second = await installation.start()
  const again = await createUnderKey(second, key)
  assert.ok([409, 503].includes(again.status), JSON.stringify(again.body))
  assert.ok(writesOf(calls).every(({ method }) => method === 'POST'))
  assert.deepEqual(clientIds(installation.sandbox), ['pa_wam'])
  await second.kill()
})
