import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { IssuerKeys } from '../authentication/issuer-keys.ts'
import { isBehindTls } from '../http/common-headers.ts'
import type { RateLimits } from '../limits/rate-limits.ts'
import { makeOnce } from '../make-once.ts'
import { toJsonText } from './document-text.ts'
import { forInstallation } from './openapi.ts'
import { type Installation, serveSwaggerUi } from './swagger-ui.ts'

type Options = Installation & {
  keys: Pick<IssuerKeys, 'warm'>
  limits: Pick<RateLimits, 'admitStranger'>
  /** Makes an application that describes the API. */
  describe: () => Promise<FastifyInstance>
}

/** `GET /openapi.json` and Swagger UI under `/documentation`, for this installation and its issuer. */
export const serveDocumentation = async (app: FastifyInstance, options: Options): Promise<void> => {
  const { config, keys, limits, describe } = options
  // Anybody may ask for it, and each time all of it is written anew.
  app.addHook('onRequest', async request => limits.admitStranger(request.ip))
  leadToPage(app, config.publicUrl)
  const { handOver, receive } = createHandOver()
  // A start that made it would take longer, and most processes are never asked.
  const getDescribed = makeOnce(async () => {
    const described = await describe()
    await serveSwaggerUi(described, options)
    receive(described)
    await described.ready()
    return described
  })
  // The sign-in button needs the issuer's endpoints; when they cannot be had the page still works without them.
  const discover = async () => void (await keys.warm().catch(() => undefined))
  app.route({
    method: 'GET',
    url: '/openapi.json',
    schema: { hide: true },
    onRequest: discover,
    handler: async (_request, reply) => {
      const document = (await getDescribed()).swagger() as never
      return reply
        .type('application/json')
        .send(toJsonText(forInstallation(document, config.publicUrl, keys.metadata())))
    },
  })
  const setOpenerPolicy = async (request: FastifyRequest, reply: FastifyReply) => {
    // Without TLS a browser does no more with it than complain.
    if (isBehindTls(options)) reply.header('cross-origin-opener-policy', toOpenerPolicy(request))
    else reply.removeHeader('cross-origin-opener-policy')
  }
  for (const path of ['', '/', '/json', '/yaml', '/static/*'])
    app.route({
      method: 'GET',
      url: `/documentation${path}`,
      schema: { hide: true },
      onRequest: path.startsWith('/static') ? setOpenerPolicy : [setOpenerPolicy, discover],
      handler: handOver(getDescribed),
    })
}

/**
 * Answers requests by another application, with the header fields that are set already. Files go from there straight to
 * the connection, as slowly as it takes them. What the other one refuses is answered here.
 */
const createHandOver = () => {
  const replies = new WeakMap<object, FastifyReply>()
  return {
    receive: (other: FastifyInstance): void => {
      other.setNotFoundHandler(({ raw }, reply) => {
        reply.hijack()
        replies.get(raw)?.callNotFound()
      })
      other.setErrorHandler((error, { raw }, reply) => {
        reply.hijack()
        replies.get(raw)?.send(error)
      })
    },
    // The handler returns no promise: Fastify then waits until the connection has its answer.
    handOver:
      (getOther: () => Promise<FastifyInstance>) =>
      ({ raw }: FastifyRequest, reply: FastifyReply): void => {
        const pass = (other: FastifyInstance): void => {
          replies.set(raw, reply)
          for (const [name, value = ''] of Object.entries(reply.getHeaders()))
            reply.raw.setHeader(name, value)
          other.routing(raw, reply.raw)
        }
        getOther()
          .then(pass)
          .catch(error => reply.send(error))
      },
  }
}

/** `GET /`, where people begin. */
const leadToPage = (app: FastifyInstance, publicUrl: string | undefined): void => {
  app.route({
    method: 'GET',
    url: '/',
    schema: { hide: true },
    // Absolute behind a path prefix, because a proxy may send the prefix with and without a slash here.
    handler: async (_request, reply) => reply.redirect(`${toPath(publicUrl)}documentation/`),
  })
}

/** The path below which the service is reached; empty where that is the root, for an address relative to it. */
const toPath = (publicUrl: string | undefined): string =>
  publicUrl && new URL(publicUrl).pathname !== '/' ? `${new URL(publicUrl).pathname}/` : ''

/** The issuer's sign-in is a pop-up of the page; when it comes back to this origin it still has to know who opened it. */
const toOpenerPolicy = ({ url }: FastifyRequest): string =>
  url.includes('/oauth2-redirect.html') ? 'unsafe-none' : 'same-origin-allow-popups'
