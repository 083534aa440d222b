import type { FastifySwaggerUiOptions } from '@fastify/swagger-ui'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthenticationConfig } from '../authentication/access-token.ts'
import type { IssuerKeys } from '../authentication/issuer-keys.ts'
import { forInstallation, forSwaggerUi, requestedScopes } from './openapi.ts'
import { plugins } from './swagger-ui-plugins.ts'
import { addIdempotencyKey, forgetRefused } from './swagger-ui-requests.ts'
import { swaggerUiCss } from './swagger-ui-theme.ts'

export type Installation = {
  config: {
    publicUrl: string | undefined
    swaggerUiClientId: string | undefined
    swaggerUiScopePrefix: string
    jwt: Pick<AuthenticationConfig, 'issuer'>
  }
  keys: Pick<IssuerKeys, 'metadata'>
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

/** Serves Swagger UI for the API that an application describes, under `/documentation` of that application. */
export const serveSwaggerUi = async (
  described: FastifyInstance,
  { config, keys }: Installation,
): Promise<void> => {
  const { default: swaggerUi } = await import('@fastify/swagger-ui')
  await described.register(async page => {
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
      uiHooks: { onRequest: async (request, reply) => addSlash(request, reply) },
      transformSpecification: document =>
        forSwaggerUi(forInstallation(document, config.publicUrl, keys.metadata()), {
          canSignIn: config.swaggerUiClientId !== undefined,
          scopePrefix: config.swaggerUiScopePrefix,
        }),
      transformSpecificationClone: false,
      staticCSP: 'default-src',
      transformStaticCSP: () => contentSecurityPolicy(config.jwt.issuer, keys.metadata()?.tokenEndpoint),
    })
  })
}

/** What the page loads is relative to the address with a slash, so it works behind any path prefix. */
const addSlash = ({ url }: FastifyRequest, reply: FastifyReply): FastifyReply | undefined =>
  /^\/documentation(?=\?|$)/.test(url) ? reply.redirect('documentation/') : undefined

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
