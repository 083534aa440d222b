import swaggerUi, { type FastifySwaggerUiOptions } from '@fastify/swagger-ui'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthenticationConfig } from '../authentication/access-token.ts'
import type { IssuerKeys } from '../authentication/issuer-keys.ts'
import { isBehindTls } from '../http/common-headers.ts'
import type { RateLimits } from '../limits/rate-limits.ts'
import { toJsonText } from './document-text.ts'
import { forInstallation, forSwaggerUi, requestedScopes } from './openapi.ts'
import { plugins } from './swagger-ui-plugins.ts'
import { addIdempotencyKey, forgetRefused } from './swagger-ui-requests.ts'
import { swaggerUiCss } from './swagger-ui-theme.ts'

type Options = {
  config: {
    publicUrl: string | undefined
    swaggerUiClientId: string | undefined
    swaggerUiScopePrefix: string
    jwt: Pick<AuthenticationConfig, 'issuer'>
  }
  keys: Pick<IssuerKeys, 'metadata' | 'warm'>
  limits: Pick<RateLimits, 'admitStranger'>
}

const uiConfig = {
  // No bar above the page: it would offer to load other people's documents.
  layout: 'BaseLayout',
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  plugins: plugins as never,
  requestInterceptor: addIdempotencyKey as never,
  responseInterceptor: forgetRefused as never,
  // A token in the browser's storage would outlive the page.
  persistAuthorization: false,
  validatorUrl: null,
} satisfies FastifySwaggerUiOptions['uiConfig']

/** `GET /openapi.json` and Swagger UI under `/documentation`, for this installation and its issuer. */
export const serveDocumentation = async (
  app: FastifyInstance,
  { config, keys, limits }: Options,
): Promise<void> => {
  // Anybody may ask for it, and each time all of it is written anew.
  app.addHook('onRequest', async request => limits.admitStranger(request.ip))
  const transform = (document: Readonly<Record<string, unknown>>) =>
    forInstallation(document, config.publicUrl, keys.metadata())
  // The sign-in button needs the issuer's endpoints; when they cannot be had the page still works without them.
  const discover = async () => void (await keys.warm().catch(() => undefined))
  leadToPage(app, config.publicUrl)
  app.route({
    method: 'GET',
    url: '/openapi.json',
    schema: { hide: true },
    onRequest: discover,
    handler: async (_request, reply) =>
      reply.type('application/json').send(toJsonText(transform(app.swagger() as never))),
  })
  await app.register(async page => {
    page.addHook('onRequest', (request, reply, done) => {
      // Without TLS a browser does no more with it than complain.
      if (isBehindTls({ config })) reply.header('cross-origin-opener-policy', toOpenerPolicy(request))
      else reply.removeHeader('cross-origin-opener-policy')
      done()
    })
    showOnPhones(page)
    await page.register(swaggerUi, {
      routePrefix: '/documentation',
      uiConfig,
      theme: {
        title: 'Web session clients',
        css: [{ filename: 'theme.css', content: swaggerUiCss }],
      },
      ...(config.swaggerUiClientId && {
        initOAuth: {
          clientId: config.swaggerUiClientId,
          usePkceWithAuthorizationCodeGrant: true,
          scopes: requestedScopes.map(scope => config.swaggerUiScopePrefix + scope),
        },
      }),
      uiHooks: { onRequest: async (request, reply) => addSlash(request, reply) ?? discover() },
      transformSpecification: document =>
        forSwaggerUi(transform(document), {
          canSignIn: config.swaggerUiClientId !== undefined,
          scopePrefix: config.swaggerUiScopePrefix,
        }),
      transformSpecificationClone: false,
      staticCSP: 'default-src',
      transformStaticCSP: () => contentSecurityPolicy(config.jwt.issuer, keys.metadata()?.tokenEndpoint),
    })
  })
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

/** What the page loads is relative to the address with a slash, so it works behind any path prefix. */
const addSlash = ({ url }: FastifyRequest, reply: FastifyReply): FastifyReply | undefined =>
  /^\/documentation(?=\?|$)/.test(url) ? reply.redirect('documentation/') : undefined

/** The path below which the service is reached; empty where that is the root, for an address relative to it. */
const toPath = (publicUrl: string | undefined): string =>
  publicUrl && new URL(publicUrl).pathname !== '/' ? `${new URL(publicUrl).pathname}/` : ''

const charset = '<meta charset="UTF-8">'

/** Without it a phone shows the page as wide as a desk's, in letters that nobody reads. */
const showOnPhones = (page: FastifyInstance): void => {
  page.addHook('onSend', async (_request, _reply, payload) =>
    typeof payload === 'string' && payload.includes(charset)
      ? payload.replace(
          charset,
          `${charset}<meta name="viewport" content="width=device-width, initial-scale=1">`,
        )
      : payload,
  )
}

/** The issuer's sign-in is a pop-up of the page; when it comes back to this origin it still has to know who opened it. */
const toOpenerPolicy = ({ url }: FastifyRequest): string =>
  url.includes('/oauth2-redirect.html') ? 'unsafe-none' : 'same-origin-allow-popups'

/**
 * Everything from this origin only; the page may also call the issuer's token endpoint. No `upgrade-insecure-requests`:
 * it leaves the page blank behind plain http.
 */
const contentSecurityPolicy = (issuer: string, tokenEndpoint: string | undefined): string => {
  const origins = new Set([issuer, tokenEndpoint ?? issuer].map(url => new URL(url).origin))
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self' ${[...origins].join(' ')}`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}
