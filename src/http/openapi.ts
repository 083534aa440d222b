import { readFileSync } from 'node:fs'
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import type { IssuerMetadata } from './issuer-keys.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const scopes = {
  'web-session-clients:read': 'Read the clients of your teams.',
  'web-session-clients:write': 'Create clients for your teams.',
  'secrets:redeem': 'Redeem retrieval tokens.',
}

/** Scopes Swagger UI asks for when a person signs in. */
export const requestedScopes = Object.keys(scopes)

const description = `
Provisions the OAuth client that a PingAccess web session needs in PingFederate, and hands its secret to exactly one
caller, once. Two fields are enough: a client id and the URL under which PingAccess serves the application.

**To try it**: *Authorize*, run *Create a web session client*, copy \`retrieval.token\` from the answer into
*Redeem a client secret, once*. Errors are problem details (RFC 9457); \`code\` is their stable name.
`.trim()

const flows = ({
  authorizationEndpoint,
  tokenEndpoint,
}: Pick<IssuerMetadata, 'authorizationEndpoint' | 'tokenEndpoint'>) => ({
  ...(authorizationEndpoint &&
    tokenEndpoint && {
      authorizationCode: { authorizationUrl: authorizationEndpoint, tokenUrl: tokenEndpoint, scopes },
    }),
  ...(tokenEndpoint && { clientCredentials: { tokenUrl: tokenEndpoint, scopes } }),
})

/** What stands in the committed document, where no issuer is known. */
const exampleIssuer = {
  authorizationEndpoint: 'https://sso.example.com/as/authorization.oauth2',
  tokenEndpoint: 'https://sso.example.com/as/token.oauth2',
}

/** Describes every route registered after it as OpenAPI 3.1. */
export const describeApi = async (app: FastifyInstance): Promise<void> => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Web session clients',
        version,
        description,
        summary: 'OAuth clients in PingFederate for PingAccess web sessions.',
      },
      servers: [{ url: '/', description: 'This installation.' }],
      tags: [
        { name: 'web session clients', description: 'OAuth clients that PingAccess web sessions use.' },
        { name: 'secret retrievals', description: 'The one-time hand-out of client secrets.' },
        { name: 'health', description: 'For load balancers and orchestrators.' },
      ],
      components: {
        securitySchemes: {
          oauth2: { type: 'oauth2', description: 'Sign in at the issuer.', flows: flows(exampleIssuer) },
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'An access token of the issuer (RFC 9068).',
          },
        },
      },
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => String(json['$id'] ?? `schema-${index}`),
    },
  })
}

/** The document for this installation: its own address, and the issuer's endpoints as discovered. */
export const forInstallation = (
  document: Readonly<Record<string, unknown>>,
  publicUrl: string | undefined,
  issuer: IssuerMetadata | undefined,
): Record<string, unknown> => {
  const { components, servers } = document as {
    components: { securitySchemes: Record<string, object> }
    servers: object[]
  }
  const schemes = components.securitySchemes
  return {
    ...document,
    servers: publicUrl ? [{ url: publicUrl, description: 'This installation.' }] : servers,
    components: {
      ...components,
      securitySchemes: issuer
        ? { ...schemes, oauth2: { ...schemes['oauth2'], flows: flows(issuer) } }
        : schemes,
    },
  }
}
