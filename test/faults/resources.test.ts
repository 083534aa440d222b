import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openConnection } from '../http/raw-socket.ts'
import { clientCount, prepareProcess } from '../service-process.ts'

const toBody = (clientId: string): string =>
  JSON.stringify({ clientId, pingAccessUrls: ['https://mypingaccessserver:3000'] })

/** How often each status came; a connection that was refused counts as 0. */
const tally = async (answers: readonly Promise<{ status: number }>[]): Promise<Map<number, number>> => {
  const statuses = await Promise.all(answers.map(each => each.then(({ status }) => status).catch(() => 0)))
  const counts = new Map<number, number>()
  for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1)
  return counts
}

/** By then it works again, on a busy machine too. */
const recoveryMs = 30_000

const shown = (counts: Map<number, number>): string => JSON.stringify(Object.fromEntries(counts))

/** The second as an operator would set them for a small container. */
for (const [limits, ...nodeArguments] of [
  ['a heap of 96 MB', '--max-old-space-size=96'],
  ['a heap of 96 MB and semi-spaces of 4 MB', '--max-old-space-size=96', '--max-semi-space-size=4'],
] as const) {
  test(`50: with ${limits} creates are 201 one after the other; of far more than fit some are refused with 503, the process lives, and works afterwards`, async t => {
    const { start } = await prepareProcess(t)
    const { child, callOnce: call } = await start({ nodeArguments })
    for (let index = 0; index < 50; index += 1)
      assert.equal((await call('POST', '/web-session-clients', toBody(`first-${index}`))).status, 201)
    const padding = ' '.repeat(60_000)
    const counts = await tally(
      Array.from({ length: 800 }, (_, index) =>
        call('POST', '/web-session-clients', toBody(`client-${index}`) + padding),
      ),
    )
    t.diagnostic(shown(counts))
    assert.equal(child.exitCode, null)
    assert.ok(counts.get(201) && counts.get(503))
    assert.deepEqual(
      [...counts.keys()].filter(status => ![0, 201, 503].includes(status)),
      [],
    )
    let last = await call('POST', '/web-session-clients', toBody('afterwards'))
    while (last.status === 503) last = await call('POST', '/web-session-clients', toBody('afterwards'))
    assert.equal(last.status, 201)
  })
}

test('51: while the event loop stands still liveness does not answer; afterwards what waited is answered, refused or done, and nothing is lost', async t => {
  const { sandbox, start } = await prepareProcess(t)
  const blocked = `process.on('SIGUSR2', () => { const end = Date.now() + 3000; while (Date.now() < end); })`
  const {
    child,
    url,
    callOnce: call,
  } = await start({ nodeArguments: ['--import', `data:text/javascript,${blocked}`] })
  assert.equal((await call('GET', '/health/live')).status, 200)
  child.kill('SIGUSR2')
  await assert.rejects(fetch(`${url}/health/live`, { signal: AbortSignal.timeout(1_000) }))
  const counts = await tally(
    Array.from({ length: 200 }, (_, index) =>
      call('POST', '/web-session-clients', toBody(`client-${index}`)),
    ),
  )
  t.diagnostic(shown(counts))
  assert.deepEqual(
    [...counts.keys()].filter(status => ![201, 503].includes(status)),
    [],
  )
  assert.equal(sandbox.pingFederate.clients().length, counts.get(201))
  assert.equal((await call('GET', '/health/live')).status, 200)
})

test('52: without a file descriptor left the process lives and refuses, or does what it answers, and works again when some come back', async t => {
  const { sandbox, start } = await prepareProcess(t)
  const { child, url, callOnce: call } = await start({ shell: 'ulimit -n 64' })
  const connections = Array.from({ length: 100 }, () => openConnection(t, url))
  await Promise.all(connections.map(({ connected, received }) => Promise.race([connected, received])))
  const counts = await tally(
    Array.from({ length: 20 }, (_, index) => call('POST', '/web-session-clients', toBody(`client-${index}`))),
  )
  t.diagnostic(shown(counts))
  assert.ok((counts.get(201) ?? 0) < 20, 'there were enough of them')
  assert.deepEqual(
    [...counts.keys()].filter(status => ![0, 201, 503].includes(status)),
    [],
  )
  assert.equal(clientCount(sandbox), counts.get(201) ?? 0)
  for (const { close } of connections) close()
  const deadline = performance.now() + recoveryMs
  const tryAgain = () =>
    call('POST', '/web-session-clients', toBody('afterwards')).catch(() => ({ status: 0 }))
  let { status } = await tryAgain()
  while ((status === 0 || status === 503) && performance.now() < deadline) ({ status } = await tryAgain())
  assert.equal(status, 201)
  assert.equal(clientCount(sandbox), (counts.get(201) ?? 0) + 1)
  assert.equal(child.exitCode, null)
})
