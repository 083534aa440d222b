import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../problem.ts'

/**
 * Notes the addresses that are routed from here on. The returned function, called when all are, answers the methods an
 * address does not have: OPTIONS tells those it has (RFC 9110 section 9.3.7), any other is 405 with the same list in
 * `Allow`. Nobody has to sign in to be told that: it stands in the API document.
 */
export const collectAddresses = (app: FastifyInstance): (() => void) => {
  const urls = new Set<string>()
  let isCollecting = true
  app.addHook('onRoute', ({ url }) => {
    if (isCollecting) urls.add(url)
  })
  return () => {
    isCollecting = false
    for (const url of urls) answerOtherMethods(app, url)
  }
}

const answerOtherMethods = (app: FastifyInstance, url: string): void => {
  const { true: routed = [], false: others = [] } = Object.groupBy(app.supportedMethods, method =>
    String(method === 'OPTIONS' || app.hasRoute({ method, url })),
  )
  const allow = routed.sort().join(', ')
  const refuse = async () => {
    throw new Problem('method_not_allowed', `This address answers ${allow}.`, { headers: { allow } })
  }
  const tell = async (_request: FastifyRequest, reply: FastifyReply) =>
    reply.code(204).header('allow', allow).send()
  // In a hook, because a body that comes with it is not worth reading.
  const shared = { url, exposeHeadRoute: false, schema: { hide: true }, handler: refuse }
  app.route({ ...shared, method: others, onRequest: refuse })
  app.route({ ...shared, method: 'OPTIONS', onRequest: tell })
}
