import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { type Answer, laterThanLeasesMs } from '../service.ts'
import {
  clientIds,
  createKey,
  createOnceSettled,
  createUnderKey,
  smallest,
} from '../web-session-clients/requests.ts'
import { useEngines } from './engines.ts'
import type { ServiceProcess } from './installation.ts'
import type { Halt } from './service.ts'

const ids = Array.from({ length: 12 }, (_, index) => `client-${index}`)

/** Kills the process in the middle of what is sent at once; resolves to the answers that had come before. */
const killAtMany = async (
  service: ServiceProcess,
  halt: Halt,
  send: () => Promise<Answer>[],
): Promise<(number | undefined)[]> => {
  const { halted } = await service.haltAt(halt)
  const sent = Promise.allSettled(send())
  await halted
  await service.kill()
  return (await sent).map(result => (result.status === 'fulfilled' ? result.value.status : undefined))
}

const halts: readonly Halt[] = [
  { when: 'before', commit: 1 },
  { when: 'before', commit: 7 },
  { when: 'after', commit: 1 },
  { when: 'after', commit: 7 },
]

for (const [engine, install] of Object.entries(useEngines()))
  for (const halt of halts) {
    const where = `killed ${halt.when} the commit of number ${halt.commit} of twelve at once`

    test(`1 to 4: on ${engine}, ${where}: each create is retried under its key, and its token works`, async t => {
      const installation = await install(t)
      const keys = new Map(ids.map(id => [id, createKey()]))
      const first = await installation.start()
      await killAtMany(first, halt, () =>
        [...keys].map(([clientId, key]) => createUnderKey(first, key, { body: { ...smallest, clientId } })),
      )
      const second = await installation.start({ aheadMs: laterThanLeasesMs })
      for (const [clientId, key] of keys) {
        const created = await createOnceSettled(second, key, { body: { ...smallest, clientId } })
        assert.equal(created.status, 201, JSON.stringify(created.body))
        assert.equal((await redeem(second, created.body.retrieval.token)).status, 200)
      }
      await second.kill()
      assert.deepEqual(clientIds(installation.sandbox).toSorted(), ids.toSorted())
      await installation.check()
    })

    test(`on ${engine}, ${where}: no redemption hands out a secret a second time, and none is lost that was not committed`, async t => {
      const installation = await install(t)
      const first = await installation.start()
      const tokens: string[] = []
      for (const clientId of ids) tokens.push(await createRetrieval(first, { clientId }))
      const before = await killAtMany(first, halt, () => tokens.map(token => redeem(first, token)))
      const second = await installation.start()
      const after: number[] = []
      for (const token of tokens) after.push((await redeem(second, token)).status)
      for (const [index, status] of after.entries())
        assert.ok(before[index] === 200 ? status === 410 : status === 200 || status === 410)
      if (halt.when === 'before') assert.ok(after.includes(200))
      else assert.ok(after.includes(410))
      await second.kill()
      await installation.check()
    })
  }
