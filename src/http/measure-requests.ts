import type { FastifyInstance } from 'fastify'
import type { ProblemCode } from '../problem.ts'

/** A request that was answered; the route is its template, never its address. */
type AnsweredRequest = { method: string; route: string; status: number; seconds: number }

/** Told of every request. */
export type RequestWatch = {
  begin: () => void
  /** Ends one that has begun. */
  end: () => void
  observe: (request: AnsweredRequest) => void
}

export type CountProblem = (code: ProblemCode) => void

/** Counts every request that reaches a hook; what the parser refuses before that is counted where it is answered. */
export const measureRequests = (
  app: FastifyInstance,
  { requests, countProblem }: { requests: RequestWatch; countProblem: CountProblem },
): void => {
  app.addHook('onRequest', (_request, reply, done) => {
    requests.begin()
    // Unlike `onResponse`, this also comes when the connection ends before the answer.
    reply.raw.once('close', requests.end)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    requests.observe({
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
    })
    if (request.problem) countProblem(request.problem.code)
    done()
  })
}
