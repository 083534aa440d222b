import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { findUnclear } from '../http/framing.ts'
import type { CountProblem, RequestWatch } from '../http/measure-requests.ts'
import { logTexts } from '../log.ts'
import type { Principal } from '../principal.ts'
import { toProblemDetails } from '../problem.ts'
import { type Load, overloaded } from './overload.ts'

type Options = Pick<Load, 'hasRoom' | 'hasRoomFor'> & {
  /** The caller of a request, where that is known without a look at anything but the process's memory. */
  findCaller: (request: IncomingMessage) => Principal | undefined
  /** Header fields of every answer. */
  headers: Readonly<Record<string, string>>
  newId: () => string
  log: FastifyBaseLogger
  requests: Pick<RequestWatch, 'observe'>
  countProblem: CountProblem
}

const changing: ReadonlySet<string | undefined> = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/**
 * Refuses a change whose caller has no place before Fastify looks at it: under overload there are several refusals for
 * each request that is answered, and what each of them costs is taken from that one. The rule is that of `shedLoad`, which
 * refuses what is not certain here: callers who are not known yet, pages of other origins, what has to be read closely.
 * Whether its address exists, and whether its caller may use it, makes no difference. Its body is dropped as it comes.
 */
export const refuseUnrouted = (app: FastifyInstance, options: Options): void => {
  const { hasRoom, hasRoomFor, findCaller } = options
  const [route] = app.server.listeners('request') as ((...of: [IncomingMessage, ServerResponse]) => void)[]
  if (!route) throw new Error('Fastify does not listen for requests.')
  const answer = createAnswer(options)
  let isStopping = false
  app.addHook('preClose', async () => {
    isStopping = true
  })
  const findRefused = (request: IncomingMessage): Principal | undefined => {
    if (hasRoom() || isStopping || !isCertain(request)) return undefined
    const caller = findCaller(request)
    return caller && !hasRoomFor(caller) ? caller : undefined
  }
  app.server.off('request', route)
  app.server.on('request', (request, response) => {
    const refused = findRefused(request)
    if (refused) answer(request, response, refused)
    else route.call(app.server, request, response)
  })
}

/** Whether nothing else could be wrong with it that ends its connection, and no page has to be let read the answer. */
const isCertain = (request: IncomingMessage): boolean => {
  const { method, headers } = request
  return (
    changing.has(method) &&
    headers.origin === undefined &&
    headers.expect === undefined &&
    findUnclear(request) === undefined
  )
}

/** Written in one piece, whose only part that is made for the request is its id. */
const createAnswer = ({ headers, newId, log, requests, countProblem }: Options) => {
  const { status, code } = overloaded
  const [before = '', after = ''] = JSON.stringify(toProblemDetails(overloaded, '\0')).split('\\u0000')
  const fields = Object.entries({
    ...headers,
    ...overloaded.headers,
    // As Fastify writes it.
    'content-type': 'application/problem+json; charset=utf-8',
  }).flat()
  return (request: IncomingMessage, response: ServerResponse, { subject }: Principal): void => {
    const begun = performance.now()
    const id = newId()
    const body = before + id + after
    const { method = '' } = request
    response
      .writeHead(status, [...fields, 'x-request-id', id, 'content-length', String(Buffer.byteLength(body))])
      .end(body)
    const seconds = (performance.now() - begun) / 1000
    const answered = { method, route: 'none', status }
    requests.observe({ ...answered, seconds })
    countProblem(code)
    log.error(
      { reqId: id, ...answered, ms: Math.round(seconds * 10_000) / 10, subject, code },
      logTexts.request,
    )
  }
}
