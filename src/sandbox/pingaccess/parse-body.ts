import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { invalid } from './api-error.ts'

/** The body as PingAccess reads it, in which a null is an absent field; throws 422 with every field that is wrong. */
export function parseBody<Schema extends TSchema>(schema: Schema, json: unknown): Static<Schema> {
  const compiled = Compile(schema)
  const body = isObject(json)
    ? Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null))
    : json
  if (compiled.Check(body)) return body as Static<Schema>
  const form: Record<string, string[]> = {}
  for (const [field, message] of compiled.Errors(body).flatMap(toMessages))
    form[field] = [...(form[field] ?? []), message]
  throw invalid(form)
}

type Problem = { keyword: string; instancePath: string; message: string; params: object }

/** By field; one that is unknown is told of itself, and not of what it stands in as well. */
function toMessages({ keyword, instancePath, message, params }: Problem): [string, string][] {
  if (keyword === 'additionalProperties') return []
  const path = instancePath.slice(1).replaceAll('/', '.')
  if (!('requiredProperties' in params && Array.isArray(params.requiredProperties))) return [[path, message]]
  return params.requiredProperties.map(name => [path === '' ? name : `${path}.${name}`, 'It is required.'])
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
