import type {} from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import type { IssuerMetadata } from '../authentication/issuer-keys.ts'
import { version } from '../version.ts'
import { withoutUnicodePatterns } from './portable-patterns.ts'

/** What a person who works with clients needs. */
const ordinaryScopes = {
  'web-session-clients:read': 'Read the clients of your teams.',
  'web-session-clients:write': 'Create clients for your teams.',
  'secrets:redeem': 'Redeem retrieval tokens.',
}

const scopes = {
  ...ordinaryScopes,
  'web-session-clients:admin':
    'For the IAM team: adopt clients; with web-session-clients:read or :write beside it, those of every team.',
  'audit:read': 'Read the audit trail of the clients of your teams.',
  'audit:read:all': 'With audit:read: read the whole audit trail.',
}

/** Scopes that are chosen already when a person signs in from Swagger UI: an issuer may refuse all for one it does not grant. */
export const requestedScopes = Object.keys(ordinaryScopes)

const description = `
Provisions the OAuth client that a PingAccess web session needs in PingFederate, and hands its secret to exactly one
caller, once. Two fields are enough: a client id and the URL under which PingAccess serves the application.

**To try it**: *Authorize*, execute *Create a web session client*, and paste \`retrieval.token\` of the answer into
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
  const { default: swagger } = await import('@fastify/swagger')
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
        { name: 'web sessions', description: 'What PingAccess needs so that a client protects something.' },
        { name: 'secret retrievals', description: 'The one-time hand-out of client secrets.' },
        { name: 'operations', description: 'The journal of changes to PingFederate.' },
        { name: 'audit', description: 'Who did what, and what was refused.' },
        { name: 'teams', description: 'Who calls, and what its teams may do.' },
        { name: 'health', description: 'For load balancers, orchestrators and monitoring.' },
      ],
      components: {
        securitySchemes: {
          oauth2: { type: 'oauth2', description: 'Sign in at the issuer.', flows: flows(exampleIssuer) },
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'An access token of the issuer (RFC 9068) that you already have.',
          },
        },
      },
    },
    transformObject: document =>
      JSON.parse(
        JSON.stringify(
          completeBodies('openapiObject' in document ? document.openapiObject : {}),
          withoutUnicodePatterns,
        ),
      ),
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => String(json['$id'] ?? `schema-${index}`),
    },
  })
}

type MediaType = { schema: { $ref?: string }; examples?: unknown }
type WithBody = {
  'x-optional-body'?: boolean
  requestBody?: { required?: boolean; content: Record<string, MediaType> }
}
type Described = {
  paths?: Record<string, Record<string, WithBody>>
  components?: { schemas?: Record<string, { 'x-request-examples'?: unknown }> }
}

/** Named examples stand beside the shared body schema they are for, and OpenAPI wants them beside its use; and which bodies can be left out. */
const completeBodies = (document: object): object => {
  const { paths = {}, components: { schemas = {} } = {} } = document as Described
  const operations = Object.values(paths).flatMap(path => Object.values(path))
  for (const media of operations.flatMap(({ requestBody }) => Object.values(requestBody?.content ?? {}))) {
    const examples = schemas[media.schema.$ref?.split('/').at(-1) ?? '']?.['x-request-examples']
    if (examples) media.examples = examples
  }
  for (const operation of operations) {
    if (operation['x-optional-body'] && operation.requestBody) operation.requestBody.required = false
    delete operation['x-optional-body']
  }
  for (const schema of Object.values(schemas)) delete schema['x-request-examples']
  return document
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

type Parameter = { required?: boolean; example?: unknown }
type Operation = { parameters?: Parameter[]; security?: Record<string, string[]>[] }
type Flow = { scopes: Record<string, string> }
type Document = {
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { securitySchemes: { oauth2: { flows: Record<string, Flow> }; bearer: object } }
}

/**
 * The document for the page under `/documentation`. It offers only sign-ins that work there: a browser keeps no client
 * secret, so there are no client credentials, and without a client of its own there is only the token that somebody
 * pastes. Requests go to where the page came from, because its Content-Security-Policy permits nothing else.
 * @param scopePrefix what the issuer wants before the name of a scope that it is asked for
 */
export const forSwaggerUi = (
  document: Readonly<Record<string, unknown>>,
  { canSignIn, scopePrefix }: { canSignIn: boolean; scopePrefix: string },
): Record<string, unknown> => {
  const { servers, paths, components } = document as Document
  const { oauth2, bearer } = components.securitySchemes
  const { authorizationCode } = oauth2.flows
  const signIn =
    canSignIn && authorizationCode
      ? { oauth2: { ...oauth2, flows: { authorizationCode: withPrefix(authorizationCode, scopePrefix) } } }
      : {}
  return {
    ...document,
    servers: servers.map(server => ({ ...server, url: new URL(server.url, 'http://localhost').pathname })),
    paths: mapValues(paths, path =>
      mapValues(path, operation => askWithPrefix(withoutOptionalExamples(operation), scopePrefix)),
    ),
    components: { ...components, securitySchemes: { ...signIn, bearer } },
  }
}

/** Swagger UI sends examples unless they are deleted one by one, so a list would be filtered by all of them. */
const withoutOptionalExamples = (operation: Operation): Operation => ({
  ...operation,
  ...(operation.parameters && {
    parameters: operation.parameters.map(({ example, ...parameter }) =>
      parameter.required ? { example, ...parameter } : parameter,
    ),
  }),
})

const withPrefix = <T extends Flow>(flow: T, prefix: string): T => ({
  ...flow,
  scopes: Object.fromEntries(Object.entries(flow.scopes).map(([scope, text]) => [prefix + scope, text])),
})

const askWithPrefix = (operation: Operation, prefix: string): Operation => ({
  ...operation,
  ...(operation.security && {
    security: operation.security.map(way => mapValues(way, needed => needed.map(scope => prefix + scope))),
  }),
})

const mapValues = <T, U>(object: Record<string, T>, map: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]))
