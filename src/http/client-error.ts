import { randomUUIDv7 } from 'node:crypto'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import type { CountProblem } from '../metrics/http.ts'
import { logTexts } from './log.ts'
import { Problem, type ProblemCode, problems, toProblemDetails } from './problem.ts'

const codes: Record<string, { code: ProblemCode; reason: string }> = {
  HPE_HEADER_OVERFLOW: { code: 'header_fields_too_large', reason: 'Request Header Fields Too Large' },
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'request_timeout', reason: 'Request Timeout' },
}

/** Answers what Node's HTTP parser refuses, before Fastify sees a request, and closes the connection. */
export const answerClientError =
  ({ log, countProblem }: { log: FastifyBaseLogger; countProblem: CountProblem }) =>
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
    socket.end(
      `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\nx-request-id: ${id}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    )
  }
