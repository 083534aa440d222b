import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readMemoryLimits } from '../container/dockerfile.ts'
import { main, prepareProcess } from '../service-process.ts'

/** The most that a process has had resident, in mebibytes. */
const readPeak = (pid: number | undefined): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

/** The source has its types stripped first, which takes memory; a container has the bundle. */
const allowedMegabytes = main.endsWith('.js') ? 256 : 288

test(`with the limits that the image sets, creates are done or refused within ${allowedMegabytes} MB, far more at once than fit`, async t => {
  const { start } = await prepareProcess(t, readMemoryLimits())
  const { child, callOnce: call } = await start()
  const padding = ' '.repeat(60_000)
  for (let round = 0; round < 3; round += 1) {
    const create = async (index: number): Promise<number> => {
      const body = {
        clientId: `client-${round}-${index}`,
        pingAccessUrls: ['https://mypingaccessserver:3000'],
      }
      return (await call('POST', '/web-session-clients', JSON.stringify(body) + padding)).status
    }
    const settled = await Promise.allSettled(Array.from({ length: 800 }, (_, index) => create(index)))
    const statuses = new Set(settled.map(each => (each.status === 'fulfilled' ? each.value : 0)))
    assert.ok(statuses.has(201))
    assert.deepEqual(
      [...statuses].filter(status => ![0, 201, 503].includes(status)),
      [],
    )
  }
  const peak = readPeak(child.pid)
  t.diagnostic(`${Math.round(peak)} MB`)
  assert.ok(peak < allowedMegabytes, `${peak} MB`)
})
