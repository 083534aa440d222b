import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openConnection } from '../http/raw-socket.ts'
import { prepareProcess } from '../service-process.ts'

const timeUntilClosed = async (received: Promise<string>): Promise<{ text: string; seconds: number }> => {
  const startedAt = performance.now()
  const text = await received
  return { text, seconds: (performance.now() - startedAt) / 1_000 }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** Milliseconds of so many redemptions of nothing, one after the other. */
const timeOthers = async (call: () => Promise<{ status: number }>, count = 200): Promise<number> => {
  const took: number[] = []
  for (let round = 0; round < count; round += 1) {
    const startedAt = performance.now()
    assert.equal((await call()).status, 200)
    took.push(performance.now() - startedAt)
  }
  return median(took)
}

/** Each with what it sends, and within how many seconds its connection has to be over. */
const senders = (token: string): Record<string, { text: string; seconds: number }> => ({
  'sends nothing at all': { text: '', seconds: 12 },
  'sends half a header': { text: 'GET / HTTP/1.1\r\nhost: x\r\nx-half', seconds: 12 },
  'sends half a body': {
    text: `POST /web-session-clients HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
    seconds: 17,
  },
})

const open = async (t: TestContext, url: string, text: string) => {
  const connection = openConnection(t, url)
  await connection.connected
  if (text) connection.write(text)
  return connection
}

test('60: a client that sends nothing, half a header or half a body is cut off, and the others do not notice', async t => {
  const { token, start } = await prepareProcess(t)
  const { url, call } = await start({ shell: 'ulimit -n 8192' })
  const read = () => call('GET', '/web-session-clients')
  const before = await timeOthers(read)
  const kinds = Object.entries(senders(token))
  const closing = kinds.map(async ([what, { text, seconds: limit }]) => {
    const connections = await Promise.all(Array.from({ length: 500 }, () => open(t, url, text)))
    const ends = await Promise.all(connections.map(({ received }) => timeUntilClosed(received)))
    const slowest = Math.max(...ends.map(({ seconds }) => seconds))
    t.diagnostic(`a client that ${what}: closed after ${slowest.toFixed(1)} s at most`)
    assert.ok(slowest < limit, `${what}: ${slowest}`)
    return ends
  })
  const during = await timeOthers(read)
  t.diagnostic(`a read: ${before.toFixed(1)} ms before, ${during.toFixed(1)} ms beside 1,500 slow clients`)
  assert.ok(during < 2 * before + 5)
  await Promise.all(closing)
  assert.equal((await read()).status, 200)
})

test('61: a body over the limit is 413 whether it tells its length or not, and memory stays flat', async t => {
  const { token, start } = await prepareProcess(t)
  const { url, call } = await start()
  const head = `POST /web-session-clients HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`
  const chunk = `ffff\r\n${' '.repeat(0xffff)}\r\n`
  for (const text of [
    `${head}content-length: 1073741824\r\n\r\n${' '.repeat(100_000)}`,
    `${head}transfer-encoding: chunked\r\n\r\n${chunk.repeat(32)}`,
  ]) {
    const { received } = await open(t, url, text)
    assert.match(await received, /^HTTP\/1\.1 413 /)
  }
  assert.equal((await call('GET', '/web-session-clients')).status, 200)
})
