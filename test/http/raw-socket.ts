import { connect } from 'node:net'
import type { TestContext } from 'node:test'

export type RawConnection = {
  write: (text: string) => void
  /** Everything answered until the service closes the connection. */
  received: Promise<string>
  connected: Promise<void>
  /** Settles with the first byte of an answer. */
  answered: Promise<void>
  close: () => void
}

/** A connection on which a test says what no HTTP client would. */
export const openConnection = (t: TestContext, url: string): RawConnection => {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  t.after(() => socket.destroy())
  const received = Promise.withResolvers<string>()
  const connected = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<void>()
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', chunk => {
    text += chunk
    answered.resolve()
  })
  socket.on('connect', () => connected.resolve())
  socket.on('close', () => received.resolve(text))
  // A reset after the answer is as good as an end; what was answered is what is looked at.
  socket.on('error', () => undefined)
  return {
    write: chunk => void socket.write(chunk),
    received: received.promise,
    connected: connected.promise,
    close: () => void socket.destroy(),
    answered: answered.promise,
  }
}

/** The status, header fields (names in lower case) and JSON body of one raw answer. */
export const parseAnswer = (text: string) => {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = new Map(
    lines.map(line => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  )
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    body: JSON.parse(body) as Record<string, unknown>,
  }
}
