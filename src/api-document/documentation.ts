import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AuthenticationConfig } from '../authentication/access-token.ts'
import type { IssuerKeys } from '../authentication/issuer-keys.ts'
import { isBehindTls } from '../http/common-headers.ts'
import type { RateLimits } from '../limits/rate-limits.ts'
import { forInstallation, forSwaggerUi, requestedScopes } from './openapi.ts'
import { addIdempotencyKey, forgetRefused } from './swagger-ui-requests.ts'
import { swaggerUiCss } from './swagger-ui-theme.ts'

type Options = {
  config: {
    publicUrl: string | undefined
    swaggerUiClientId: string | undefined
    jwt: Pick<AuthenticationConfig, 'issuer'>
  }
  keys: Pick<IssuerKeys, 'metadata' | 'warm'>
  limits: Pick<RateLimits, 'admitStranger'>
}

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
  app.route({
    method: 'GET',
    url: '/openapi.json',
    schema: { hide: true },
    onRequest: discover,
    handler: async (_request, reply) =>
      reply.type('application/json').send(transform(app.swagger() as never)),
  })
  await app.register(async page => {
    page.addHook('onRequest', (request, reply, done) => {
      // Without TLS a browser does no more with it than complain.
      if (isBehindTls({ config })) reply.header('cross-origin-opener-policy', toOpenerPolicy(request))
      else reply.removeHeader('cross-origin-opener-policy')
      done()
    })
    await page.register(swaggerUi, {
      routePrefix: '/documentation',
      uiConfig: {
        // No bar above the page: it would offer to load other people's documents.
        layout: 'BaseLayout',
        docExpansion: 'list',
        defaultModelsExpandDepth: 0,
        tryItOutEnabled: true,
        displayRequestDuration: true,
        requestInterceptor: addIdempotencyKey as never,
        responseInterceptor: forgetRefused as never,
        // A token in the browser's storage would outlive the page.
        persistAuthorization: false,
        validatorUrl: null,
      },
      theme: {
        title: 'Web session clients',
        css: [{ filename: 'theme.css', content: swaggerUiCss }],
      },
      ...(config.swaggerUiClientId && {
        initOAuth: {
          clientId: config.swaggerUiClientId,
          usePkceWithAuthorizationCodeGrant: true,
          scopes: requestedScopes,
        },
      }),
      uiHooks: { onRequest: (_request, _reply, done) => void discover().then(() => done()) },
      transformSpecification: document =>
        forSwaggerUi(transform(document), config.swaggerUiClientId !== undefined),
      transformSpecificationClone: false,
      staticCSP: 'default-src',
      transformStaticCSP: () => contentSecurityPolicy(config.jwt.issuer, keys.metadata()?.tokenEndpoint),
    })
  })
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
