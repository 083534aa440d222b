import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { openConnection, parseAnswer } from '../http/raw-socket.ts'
import { prepareProcess } from '../service-process.ts'
import { cannotMeasureMemory, measureGrowth, mebibyte } from './memory.ts'

const atShare = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN

const reads = 100

/** Milliseconds that 99 of a hundred reads take at most, one after the other: the middle of three such rounds. */
const timeOthers = async (read: () => Promise<{ status: number }>): Promise<number> => {
  const rounds: number[] = []
  for (let round = 0; round < 3; round += 1) {
    const took: number[] = []
    for (let index = 0; index < reads; index += 1) {
      const startedAt = performance.now()
      assert.equal((await read()).status, 200)
      took.push(performance.now() - startedAt)
    }
    rounds.push(atShare(took, 0.99))
  }
  return atShare(rounds, 0.5)
}

type Sender = { what: string; text: string; seconds: number; count: number }

/** Each with what it sends, within how many seconds its connection has to be over, and how many there are. */
const senders = (token: string): Sender[] => [
  { what: 'sends nothing at all', text: '', seconds: 12, count: 1_000 },
  {
    what: 'sends half a header',
    text: 'GET / HTTP/1.1\r\nhost: x\r\nx-half',
    seconds: 12,
    count: 1_000,
  },
  {
    what: 'sends half a body',
    text: `${toHead(token)}content-length: 100\r\n\r\n{`,
    seconds: 17,
    count: 3_000,
  },
]

type End = { what: string; limit: number; text: string; seconds: number }

const open = async (t: TestContext, url: string, text: string) => {
  const connection = openConnection(t, url)
  await connection.connected
  if (text) connection.write(text)
  return connection
}

/** Opens that many connections, not more at once than a listener's queue takes, and resolves when all stand. */
const openMany = async (t: TestContext, url: string, { what, text, seconds: limit, count }: Sender) => {
  const ends: Promise<End>[] = []
  while (ends.length < count) {
    const some = Math.min(250, count - ends.length)
    const connections = await Promise.all(Array.from({ length: some }, () => open(t, url, text)))
    const startedAt = performance.now()
    for (const { received } of connections)
      ends.push(
        received.then(answer => ({
          what,
          limit,
          text: answer,
          seconds: (performance.now() - startedAt) / 1_000,
        })),
      )
  }
  return ends
}

test('60: 408 for 5,000 clients that send nothing, half a header or half a body, and the others do not notice', async t => {
  const { token, start } = await prepareProcess(t)
  const { url, call } = await start({ shell: 'ulimit -n 8192' })
  const read = () => call('GET', '/web-session-clients')
  await timeOthers(read)
  const before = await timeOthers(read)
  const ends: Promise<End>[] = []
  // Those with the longest time first, so that all of them stand beside the reads.
  for (const sender of senders(token).toReversed()) ends.push(...(await openMany(t, url, sender)))
  let gone = 0
  for (const end of ends) void end.then(() => (gone += 1))
  const during = await timeOthers(read)
  t.diagnostic(
    `of a hundred reads 99 take ${before.toFixed(1)} ms at most before, ${during.toFixed(1)} ms beside ${ends.length - gone} slow clients`,
  )
  assert.deepEqual([ends.length, gone], [5_000, 0])
  assert.ok(during < 2 * before + 5, `${before} ${during}`)
  const ended = await Promise.all(ends)
  for (const { what, text } of ended) {
    const { status, headers, body } = parseAnswer(text)
    assert.deepEqual([status, body['code']], [408, 'request_timeout'], what)
    assert.equal(headers.get('connection'), 'close', what)
  }
  const late = ended.find(({ seconds, limit }) => seconds >= limit)
  t.diagnostic(`closed after ${Math.max(...ended.map(({ seconds }) => seconds)).toFixed(1)} s at most`)
  assert.equal(late, undefined)
  assert.equal((await read()).status, 200)
})

const toHead = (token: string): string =>
  `POST /web-session-clients HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`

const blanks = ' '.repeat(0xffff)
const chunk = `ffff\r\n${blanks}\r\n`

test('61: 413 for a body over the limit whether it tells its length or not', async t => {
  const { token, start } = await prepareProcess(t)
  const { url, call } = await start()
  const head = toHead(token)
  for (const text of [
    `${head}content-length: 1073741824\r\n\r\n${' '.repeat(100_000)}`,
    `${head}transfer-encoding: chunked\r\n\r\n${chunk.repeat(32)}`,
  ]) {
    const { received } = await open(t, url, text)
    assert.match(await received, /^HTTP\/1\.1 413 /)
  }
  assert.equal((await call('GET', '/web-session-clients')).status, 200)
})

const gigabyte = 1024 * mebibyte

/** Sends the head and then a gigabyte, as fast as it is taken and whatever is answered, until the connection ends. */
const pour = async (t: TestContext, url: string, { head, again }: { head: string; again: string }) => {
  const { hostname: host, port } = new URL(url)
  const socket = connect({ host, port: Number(port) })
  t.after(() => socket.destroy())
  const go = () => {
    while (socket.writable && socket.bytesWritten < gigabyte && socket.write(again));
  }
  let text = ''
  socket.setEncoding('utf8').on('data', received => {
    text += received
  })
  const ended = Promise.withResolvers<void>()
  socket
    .on('drain', go)
    .on('error', () => undefined)
    .on('close', ended.resolve)
  socket.write(head)
  go()
  await ended.promise
  return { text, taken: socket.bytesWritten - socket.writableLength }
}

/** What tells which length, what comes then, and the status of those who get to read one. */
const floods: [string, string, string, number][] = [
  ['that tells its length', 'content-length: 1073741824\r\n\r\n', blanks, 413],
  ['in chunks', 'transfer-encoding: chunked\r\n\r\n', chunk, 413],
  // What comes after the length is another request, which it cannot be.
  ['that tells a length of 100', 'content-length: 100\r\n\r\n', blanks, 400],
]

for (const [what, length, again, status] of floods)
  test(`61: a gigabyte ${what}, from twenty at once: ${status}, nobody reads it, and memory stays flat`, {
    skip: cannotMeasureMemory,
  }, async t => {
    const { token, start } = await prepareProcess(t)
    const { child, url, call } = await start()
    // What a process takes for its first requests it takes once.
    for (let index = 0; index < 30; index += 1) await call('GET', '/web-session-clients')
    const sent = { head: toHead(token) + length, again }
    const ends: Awaited<ReturnType<typeof pour>>[] = []
    const { grown } = await measureGrowth(child.pid ?? 0, async () => {
      // Who goes on sending into a connection that has ended may lose the answer to the reset, on a busy machine all twenty.
      for (let turn = 0; turn < 5 && ends.every(({ text }) => text === ''); turn += 1)
        ends.push(...(await Promise.all(Array.from({ length: 20 }, () => pour(t, url, sent)))))
    })
    const most = Math.max(...ends.map(({ taken }) => taken))
    const answers = ends.map(({ text }) => text).filter(text => text !== '')
    t.diagnostic(
      `${(grown / mebibyte).toFixed(1)} MiB more; ${(most / mebibyte).toFixed(1)} MiB of the gigabyte left the sender; ${answers.length} of ${ends.length} read their answer`,
    )
    assert.ok(answers.length > 0)
    for (const text of answers) assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `))
    // What the system's buffers hold, on both sides.
    assert.ok(most < 32 * mebibyte, `${most}`)
    assert.ok(grown < 20 * mebibyte, `${grown}`)
    assert.equal((await call('GET', '/web-session-clients')).status, 200)
  })
