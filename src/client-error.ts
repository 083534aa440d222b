import { randomUUIDv7 } from 'node:crypto'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { CountProblem } from './http/measure-requests.ts'
import { logTexts } from './log.ts'
import { Problem, type ProblemCode, problems, toProblemDetails } from './problem.ts'

const codes: Record<string, { code: ProblemCode; reason: string }> = {
  HPE_HEADER_OVERFLOW: { code: 'header_fields_too_large', reason: 'Request Header Fields Too Large' },
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'request_timeout', reason: 'Request Timeout' },
}

/** Answers what Node's HTTP parser refuses, before Fastify sees a request, and closes the connection. */
export const answerClientError =
  ({
    log,
    headers,
    countProblem,
  }: {
    log: FastifyBaseLogger
    headers: Readonly<Record<string, string>>
    countProblem: CountProblem
  }) =>
  (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return void socket.destroy()
    const { code, reason } = codes[error.code ?? ''] ?? {
      code: 'malformed_request' as const,
      reason: 'Bad Request',
    }
    const id = randomUUIDv7()
    const { status, title } = problems[code]
    const body = JSON.stringify(toProblemDetails(new Problem(code, `${title}.`), id))
    log.info({ reqId: id, status, code }, logTexts.request)
    countProblem(code)
    const fields = Object.entries({
      ...headers,
      'x-request-id': id,
      'content-type': 'application/problem+json',
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    }).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.end(`HTTP/1.1 ${status} ${reason}\r\n${fields.join('')}\r\n${body}`)
  }

/** Where nobody listens for CONNECT, Node.js ends the connection without an answer and without a line in the log. */
export const refuseTunnels = (
  { server }: Pick<FastifyInstance, 'server'>,
  answer: ReturnType<typeof answerClientError>,
): void => {
  server.on('connect', (_request, socket: Socket) => {
    // The socket is no longer the server's to look after: an error that nobody hears would end the process.
    socket.on('error', () => socket.destroy())
    socket.on('finish', () => socket.destroy())
    answer(new Error('CONNECT'), socket)
  })
}
