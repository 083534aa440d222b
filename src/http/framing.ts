import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { Problem } from '../problem.ts'
import { countFields } from './field-count.ts'

/**
 * Refuses what Node's parser lets pass and what stands before the service may have read in another way: another
 * version, no host or several, several types of one body, a body whose transfer is coded (decision 0004). The connection
 * ends with the answer, because where the next request begins is not sure any more.
 */
export const refuseUnclearFraming = (app: FastifyInstance): void => {
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    const detail = findUnclear(raw)
    done(detail === undefined ? undefined : unclear(detail))
  })
}

/** What is not clear, as the caller is told; undefined where all is. */
export const findUnclear = (request: IncomingMessage): string | undefined => {
  const { headers, httpVersionMajor, httpVersionMinor } = request
  // Node's parser takes a request line without a version, which is HTTP/0.9, and one that says HTTP/2.0.
  if (httpVersionMajor !== 1) return 'Speak HTTP/1.1.'
  // Node.js would answer this by itself (`requireHostHeader`), without a line in the log. HTTP/1.0 has no Host.
  if (headers.host === undefined && httpVersionMinor > 0)
    return 'Send Host; RFC 9112 section 3.2 requires it.'
  const repeated = findRepeated(request.rawHeaders)
  if (repeated !== undefined) return `Send ${repeated} once.`
  const coding = headers['transfer-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return 'Transfer-Encoding can be chunked and nothing else.'
  return undefined
}

/** Which of those that Node.js keeps the first of, and drops the others, is there several times. */
const findRepeated = (rawHeaders: readonly string[]): string | undefined =>
  ['Host', 'Content-Type'].find(name => countFields(rawHeaders, name.toLowerCase()) > 1)

const unclear = (detail: string): Problem =>
  new Problem('malformed_request', detail, { headers: { connection: 'close' } })
