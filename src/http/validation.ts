import type { FastifyInstance, FastifyRequest, FastifySchemaValidationError } from 'fastify'
import { findNearestName } from '../nearest-name.ts'
import { Problem, type Violation } from '../problem.ts'
import { looksSecret } from '../secret-like.ts'

const fieldPart = { body: 'body', querystring: 'query', params: 'path', headers: 'header' } as const

const noQuery = { type: 'object', additionalProperties: false, properties: {} }

/** A route that describes no query takes none: ignored names, such as a mistyped `dryRun`, would change what is asked for. */
export const refuseUnknownQuery = (app: FastifyInstance): void => {
  app.addHook('onRoute', route => {
    route.schema = { querystring: noQuery, ...route.schema }
  })
}

/** Far more than a person corrects at once; without a bound a small body of nonsense makes much work and a huge answer. */
export const maxViolations = 100

export type SchemaErrors = { validationContext?: string; validation?: FastifySchemaValidationError[] }

/** Keywords that only say that another one below them failed. */
const wrappers = ['if', 'propertyNames']

/** A text that has not the form of its pattern has not that of its format either, which would be told twice. */
const isFirstOfForm = (
  { keyword, instancePath }: FastifySchemaValidationError,
  _index: number,
  all: readonly FastifySchemaValidationError[],
): boolean =>
  keyword !== 'format' ||
  !all.some(other => other.keyword === 'pattern' && other.instancePath === instancePath)

/** Makes `request.validationError` into violations of our own words. */
export const toViolations = (error: SchemaErrors): Violation[] => {
  const part = fieldPart[(error.validationContext ?? 'body') as keyof typeof fieldPart] ?? 'body'
  return (error.validation ?? [])
    .slice(0, maxViolations)
    .filter(({ keyword }) => !wrappers.includes(keyword))
    .filter(isFirstOfForm)
    .map(each => toViolation(part as Violation['in'], each as AjvError))
}

/**
 * What the schemas refuse in a request with `attachValidation`. Fastify stops at the first part with an error, and the
 * query comes after the body.
 */
export const findSchemaViolations = (request: FastifyRequest): Violation[] => {
  const error = request.validationError as SchemaErrors | undefined
  if (!error) return []
  // The header fields are parsed by whoever uses them, also where another part is refused first.
  if (error.validationContext === 'headers') return []
  if (error.validationContext !== 'body') return toViolations(error)
  const isQueryValid = request.getValidationFunction('querystring')
  isQueryValid?.(request.query)
  return [
    ...toViolations(error),
    ...toViolations({ validationContext: 'querystring', validation: isQueryValid?.errors ?? [] }),
  ]
}

/** The problem `validation_failed` with these violations. */
export const toValidationProblem = (violations: readonly Violation[]): Problem => {
  const count = violations.length === 1 ? 'One rule is' : `${violations.length} rules are`
  return new Problem('validation_failed', `${count} broken; nothing was changed.`, {
    violations: [...violations],
  })
}

/** @throws Problem `validation_failed` when there is any violation. */
export const refuseViolations = (violations: readonly Violation[]): void => {
  if (violations.length > 0) throw toValidationProblem(violations)
}

type AjvError = {
  keyword: string
  instancePath: string
  message?: string
  data?: unknown
  schema?: unknown
  parentSchema?: {
    description?: string
    properties?: Record<string, unknown>
    'x-fix'?: string
    'x-secret'?: boolean
    examples?: unknown[]
  }
  params: Record<string, unknown>
}

const toViolation = (part: Violation['in'], error: AjvError): Violation => {
  const { keyword, instancePath, params } = error
  if (keyword === 'additionalProperties')
    return unknownName(part, error, String(params['additionalProperty']))
  if (keyword === 'required') {
    const name = String(params['missingProperty'])
    return {
      in: part,
      pointer: `${instancePath}/${name}`,
      rule: 'required',
      detail: `${name} is missing.`,
      fix: fixFor(error.parentSchema?.properties?.[name], `Add ${name}.`),
    }
  }
  const value = error.parentSchema?.['x-secret'] ? undefined : presentable(error.data)
  return {
    in: part,
    pointer: instancePath,
    rule: keyword,
    ...(value !== undefined && { value }),
    detail: details[keyword]?.(params) ?? `The value ${error.message ?? 'is not valid'}.`,
    fix: fixFor(error.parentSchema, fixes[keyword]?.(params) ?? 'Send a value that keeps the rule.'),
  }
}

const typeWords: Readonly<Record<string, string>> = {
  object: 'a JSON object',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  boolean: 'true or false',
}

/** What a value has to be, where `type` names one or several. */
const toWords = (type: unknown): string =>
  [type]
    .flat()
    .map(each => typeWords[String(each)] ?? String(each))
    .join(' or ')

const fixes: Record<string, (params: Record<string, unknown>) => string> = {
  type: ({ type }) => `Send ${toWords(type)}.`,
}

const details: Record<string, (params: Record<string, unknown>) => string> = {
  type: ({ type }) => `The value must be ${toWords(type)}.`,
  enum: ({ allowedValues }) =>
    `The value must be one of ${(allowedValues as unknown[]).map(value => JSON.stringify(value)).join(', ')}.`,
  minLength: ({ limit }) => `The text must have at least ${limit} characters.`,
  maxLength: ({ limit }) => `The text must have at most ${limit} characters.`,
  minItems: ({ limit }) => `The list must have at least ${limit} entries.`,
  maxItems: ({ limit }) => `The list must have at most ${limit} entries.`,
  minimum: ({ limit }) => `The number must be at least ${limit}.`,
  maximum: ({ limit }) => `The number must be at most ${limit}.`,
  uniqueItems: ({ i, j }) => `Entries ${j} and ${i} are the same.`,
  pattern: () => 'The text has characters or a form that is not allowed here.',
}

const fixFor = (schema: unknown, otherwise: string): string => {
  const { 'x-fix': fix, examples } = (schema ?? {}) as { 'x-fix'?: string; examples?: unknown[] }
  if (fix) return fix
  return examples?.length ? `For example: ${JSON.stringify(examples[0])}.` : otherwise
}

const leaveOut = (known: readonly string[], noun: string): string =>
  known.length === 0 ? 'Leave it out.' : `Leave it out; the ${noun}s are ${known.join(', ')}.`

const unknownName = (part: Violation['in'], error: AjvError, name: string): Violation => {
  const known = Object.keys(error.parentSchema?.properties ?? {})
  const near = findNearestName(name, known)
  const noun = part === 'body' ? 'field' : 'parameter'
  return {
    in: part,
    pointer: error.instancePath + toPointer([name.slice(0, maxShown)]),
    rule: 'known_names',
    detail: `There is no ${noun} of this name.`,
    fix: near ? `Did you mean \`${near}\`?` : leaveOut(known, noun),
  }
}

/** JSON Pointer (RFC 6901) of names and indexes; a name that looks like a token is a token in the wrong place. */
export const toPointer = (path: readonly (string | number)[]): string =>
  path
    .map(part => (looksSecret(String(part)) ? '[masked]' : String(part)))
    .map(part => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')

const maxShown = 80
/** A user name or password before the host of a URL. */
const userinfo = /\/\/[^/@]*@/

/** What of an offending value may be shown back: short, and never what looks like a token or key. */
export const presentable = (value: unknown): unknown => {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  if (looksSecret(text) || userinfo.test(text)) return undefined
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text
}
