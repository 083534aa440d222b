import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { prepareProcess } from '../service-process.ts'

const request = 'GET /health/live HTTP/1.1\r\nhost: service\r\nconnection: close\r\n\r\n'

/** Sends a request and resolves to the status line of its answer. */
const ask = async (socket: Socket): Promise<string> => {
  socket.write(request)
  return (await text(socket)).slice(0, 15)
}

const connections = 1_000

/** What the kernel allows a queue to be. */
const isAllowed = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8')) >= connections

test('86: 200 on each of a thousand connections that come while the process is busy, and none has to be tried again', {
  skip: !isAllowed && 'net.core.somaxconn is too small',
}, async t => {
  const { start } = await prepareProcess(t)
  const { child, url } = await start()
  child.kill('SIGSTOP')
  t.after(() => child.kill('SIGCONT'))
  const { hostname, port } = new URL(url)
  const sockets = Array.from({ length: connections }, () => connect(Number(port), hostname))
  t.after(() => sockets.forEach(socket => void socket.destroy()))
  const signal = AbortSignal.timeout(10_000)
  // Connected as far as the kernel goes; what is too much for the process's queue stays without an answer.
  await Promise.all(sockets.map(socket => once(socket, 'connect', { signal })))
  child.kill('SIGCONT')
  const answers = await Promise.all(sockets.map(ask))
  assert.deepEqual(new Set(answers), new Set(['HTTP/1.1 200 OK']))
})
