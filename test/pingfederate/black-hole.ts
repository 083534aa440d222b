import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

const listener = `
  const server = require('node:net').createServer()
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => process.stdout.write(String(server.address().port)))`

/** The URL of a host that does not answer SYN; undefined where the system has none. A stopped process accepts nothing, so once its backlog is full, Linux drops every further SYN. */
export const startBlackHole = async (t: TestContext): Promise<string | undefined> => {
  const child = spawn(process.execPath, ['-e', listener], { stdio: ['ignore', 'pipe', 'ignore'] })
  t.after(() => child.kill('SIGKILL'))
  const [port] = await once(child.stdout, 'data')
  child.kill('SIGSTOP')
  const sockets: Socket[] = []
  t.after(() => sockets.forEach(socket => void socket.destroy()))
  for (let filled = 0; filled < 8; filled += 1) {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined)
    sockets.push(socket)
    // On loopback a handshake takes far less than this, so what has not been answered by then never will be.
    const isConnected = await once(socket, 'connect', { signal: AbortSignal.timeout(200) }).then(
      () => true,
      () => false,
    )
    if (!isConnected) return `http://127.0.0.1:${port}`
  }
  return undefined
}
