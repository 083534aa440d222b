import { readFileSync } from 'node:fs'
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'

/*
 * Ping's descriptions of its admin APIs are data to test against and stay outside the repository; the environment
 * variables PINGFEDERATE_API_DESCRIPTION and PINGACCESS_API_DESCRIPTION say where they are.
 */

/** What is checked of a request and its answer. */
export interface DescribedExchange {
  readonly method: string
  /** Below `/pf-admin-api/v1`, or `/pa-admin-api/v3`. */
  readonly path: string
  readonly query?: string
  readonly requestHeaders?: Readonly<Record<string, unknown>>
  readonly requestBody?: unknown
  /** Undefined when there was no answer. */
  readonly status: number | undefined
  readonly responseBody?: unknown
}

/** An API description that exchanges can be held against. */
export interface Description {
  /** Every departure from the description, as a sentence; none when the exchange keeps to it. */
  readonly check: (exchange: DescribedExchange) => string[]
}

interface Media {
  readonly schema?: object
}
interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

/** Path of one of Ping's descriptions, or the reason why there is nothing to check against. */
export function findDescription(
  env: NodeJS.ProcessEnv,
  variable = 'PINGFEDERATE_API_DESCRIPTION',
): { path: string; missing: false } | { missing: string } {
  const path = env[variable]
  if (path === undefined) return { missing: `${variable} is not set` }
  try {
    readFileSync(path).at(0)
    return { path, missing: false }
  } catch {
    return { missing: `${variable}: ${path} cannot be read` }
  }
}

/** Reads an OpenAPI 3.0 description in YAML or JSON. */
export function loadDescription(path: string): Description {
  return createDescription(parse(readFileSync(path, 'utf8')) as OpenApi)
}

/** A success without a described body has none; errors may say what they like then. */
function checkNoBody(status: number, body: unknown): string[] {
  return status < 300 && body !== undefined ? ['the response has a body that nothing describes'] : []
}

/** Statuses that come from in front of the operations, so that no operation describes them. */
function isGeneral(status: number): boolean {
  return status >= 500 || [401, 403, 405, 415, 429].includes(status)
}

/** A description that is already parsed. */
export function createDescription(api: OpenApi): Description {
  const validators = createValidators(api)

  function checkRequest(operation: Operation, exchange: DescribedExchange): string[] {
    const known = (operation.parameters ?? [])
      .filter(parameter => parameter.in === 'query')
      .map(({ name }) => name)
    const used = [...new URLSearchParams(exchange.query).keys()]
    const header = exchange.requestHeaders?.['x-xsrf-header'] ? [] : ['the request has no X-XSRF-Header']
    const unknown = used
      .filter(name => !known.includes(name))
      .map(name => `query parameter ${name} is unknown`)
    return [...header, ...unknown, ...checkRequestBody(operation, exchange.requestBody)]
  }

  function checkRequestBody({ requestBody }: Operation, body: unknown): string[] {
    if (requestBody === undefined)
      return body === undefined ? [] : ['the request has a body that nothing describes']
    return validators.errors('request', schemaOf(requestBody.content), body)
  }

  function checkResponse({ responses }: Operation, { status, responseBody }: DescribedExchange): string[] {
    if (status === undefined) return []
    const response = responses[String(status)]
    if (response === undefined) return isGeneral(status) ? [] : [`status ${status} is not described`]
    const schema = schemaOf(response.content)
    return schema === undefined
      ? checkNoBody(status, responseBody)
      : validators.errors('response', schema, responseBody)
  }

  return {
    check(exchange) {
      const where = `${exchange.method} ${exchange.path}`
      const operation = findOperation(api, exchange)
      if (operation === undefined) return [`${where} is not described`]
      return [...checkRequest(operation, exchange), ...checkResponse(operation, exchange)].map(
        problem => `${where}: ${problem}`,
      )
    },
  }
}

function findOperation({ paths }: OpenApi, { method, path }: DescribedExchange): Operation | undefined {
  const templates = Object.keys(paths).filter(template => {
    const parts = template.split('/')
    const actual = path.split('/')
    return (
      parts.length === actual.length && parts.every((part, i) => part.startsWith('{') || part === actual[i])
    )
  })
  // A literal part is more to the point than a parameter in the same place.
  const [template] = templates.sort((a, b) => a.split('{').length - b.split('{').length)
  return template === undefined ? undefined : paths[template]?.[method.toLowerCase()]
}

function schemaOf(content: Readonly<Record<string, Media>> = {}): object | undefined {
  return (content['application/json'] ?? content['*/*'])?.schema
}

function createValidators({ components }: OpenApi) {
  // OpenAPI 3.0's own keywords are no trouble: Ajv knows `nullable`, and `discriminator` only repeats a `oneOf`.
  const ajv = new Ajv2019({ allErrors: true, strict: false, validateFormats: true })
  addFormats.default(ajv)
  ajv.addSchema({ $id: 'response', components: answered(components) })
  ajv.addSchema({ $id: 'request', components: closed(components) })
  const compiled = new Map<string, ValidateFunction>()

  function compile(side: 'request' | 'response', schema: object): ValidateFunction {
    const text = JSON.stringify(schema).replaceAll('"$ref":"#/', `"$ref":"${side}#/`)
    const validate = compiled.get(side + text) ?? ajv.compile(JSON.parse(text))
    compiled.set(side + text, validate)
    return validate
  }

  function errors(side: 'request' | 'response', schema: object | undefined, body: unknown): string[] {
    if (schema === undefined) return []
    const validate = compile(side, schema)
    if (validate(body)) return []
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${side} ${instancePath} ${message} ${JSON.stringify(params)}`,
    )
  }

  return { errors }
}

/** PingFederate answers `{}` for no policy, although by its own description every link has an id. */
function answered({ schemas }: OpenApi['components']): OpenApi['components'] {
  const links = Object.entries(schemas).filter(([name]) => name === 'ResourceLink')
  return {
    schemas: {
      ...schemas,
      ...Object.fromEntries(links.map(([name, link]) => [name, { ...link, required: [] }])),
    },
  }
}

/** Requests may only contain what is described; schemas that others extend by `allOf` have to stay open. */
function closed(components: OpenApi['components']): OpenApi['components'] {
  const extended = JSON.stringify(components).matchAll(
    /"allOf":\[\{"\$ref":"#\/components\/schemas\/([^"]+)"/g,
  )
  const open = new Set([...extended].map(([, name]) => name))
  const schemas = Object.entries(components.schemas).map(([name, schema]) => {
    const isClosable = 'properties' in schema && !('additionalProperties' in schema) && !open.has(name)
    return [name, isClosable ? { ...schema, additionalProperties: false } : schema]
  })
  return { schemas: Object.fromEntries(schemas) }
}
