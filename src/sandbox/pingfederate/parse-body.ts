import { Compile } from 'typebox/compile'
import type { Refusal } from '../exchange.ts'
import { invalid, refusal, type ValidationError } from './api-result.ts'
import { Client, ClientSecret, ExtendedProperties } from './client.ts'
import { findTooNew } from './client-versions.ts'
import { findLocation, withBareLinks } from './links.ts'
import type { Settings } from './settings.ts'

const compiled = {
  client: Compile(Client),
  clientSecret: Compile(ClientSecret),
  extendedProperties: Compile(ExtendedProperties),
}

/**
 * Reads a client without its read-only fields: 400 for unknown fields and wrong types; what is missing or misspelt
 * is left to the 422.
 */
export function parseClient(
  body: unknown,
  { version, sentLocations }: Pick<Settings, 'version' | 'sentLocations'>,
): { client: Client; errors: ValidationError[] } {
  const client = withoutNulls(body)
  const errors = findErrors(compiled.client, client)
  const { creationDate, modificationDate, clientSecretChangedTime, replicationStatus, ...writable } =
    client as Client
  const location = sentLocations === 'refused' ? findLocation(writable) : undefined
  const unknown = findTooNew(client as Client, version) ?? (location && `${location}.location`)
  if (unknown !== undefined) throw unreadable(unknown, 'must not have additional properties')
  return { client: withBareLinks(writable), errors }
}

/** Reads the body of a secret change; throws 400 or 422. */
export function parseClientSecret(body: unknown): ClientSecret {
  const clientSecret = withoutNulls(body)
  const errors = findErrors(compiled.clientSecret, clientSecret)
  if (errors.length > 0) throw invalid(errors)
  return clientSecret as ClientSecret
}

/** Reads the body of `/extendedProperties`; throws 400 or 422. */
export function parseExtendedProperties(body: unknown): ExtendedProperties {
  const properties = withoutNulls(body)
  const errors = findErrors(compiled.extendedProperties, properties)
  if (errors.length > 0) throw invalid(errors)
  return properties as ExtendedProperties
}

interface Problem {
  readonly keyword: string
  readonly instancePath: string
  readonly params: object
  readonly message: string
}

interface Checker {
  Check(value: unknown): boolean
  Errors(value: unknown): Problem[]
}

function findErrors(checker: Checker, value: unknown): ValidationError[] {
  if (checker.Check(value)) return []
  const problems = checker.Errors(value)
  const misread = problems.find(({ keyword }) => keyword === 'type' || keyword === 'additionalProperties')
  if (misread !== undefined) throw unreadable(fieldPath(misread.instancePath) || 'the body', misread.message)
  return problems.flatMap(toErrors)
}

function unreadable(where: string, why: string): Refusal {
  return refusal(400, 'invalid_json', `Invalid JSON: ${where} ${why}.`)
}

function toErrors({ keyword, instancePath, params, message }: Problem): ValidationError[] {
  const path = fieldPath(instancePath)
  if ('requiredProperties' in params && Array.isArray(params.requiredProperties)) {
    return params.requiredProperties.map(name => required(path === '' ? name : `${path}.${name}`))
  }
  const errorId = keyword === 'enum' ? 'invalid_enum_value' : 'invalid_value'
  return [{ errorId, message: `${path} ${message}.`, fieldPath: path }]
}

/** The error for a field that must be there. */
export function required(field: string): ValidationError {
  return { errorId: 'required_field', message: `${field} is required.`, fieldPath: field }
}

/** `/oidcPolicy/logoutUris/0` is `oidcPolicy.logoutUris[0]` in PingFederate. */
function fieldPath(pointer: string): string {
  return pointer
    .slice(1)
    .replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.')
}

/** A null is an absent field to PingFederate. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutNulls(member)]))
}
