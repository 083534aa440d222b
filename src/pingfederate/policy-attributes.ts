import { asFailure, PingFederateFailure } from './failure.ts'
import { findValue, isJson, type Json, parseReference } from './json.ts'
import { readJson } from './prerequisites.ts'
import type { CallPingFederate } from './transport.ts'

/** Which attributes of a person OpenID Connect policies give. */
export type PolicyAttributes = {
  /** Those of its attribute contract, by the id of the policy. */
  byPolicy: ReadonlyMap<string, readonly string[]>
  /** The id of the policy of clients that name none; null where there is none. */
  defaultPolicy: string | null
}

/** Undefined where PingFederate cannot be asked or does not let this service's account read it. */
export const readPolicyAttributes = async (call: CallPingFederate): Promise<PolicyAttributes | undefined> => {
  const get = (path: string) => call({ operation: 'get_prerequisites', method: 'GET', path, read: readJson })
  const read = Promise.all([get('/oauth/openIdConnect/policies'), get('/oauth/openIdConnect/settings')])
  const found = await read.catch(asFailure)
  if (found instanceof PingFederateFailure) return undefined
  const [{ items }, settings] = found
  return {
    byPolicy: new Map((Array.isArray(items) ? items.filter(isJson) : []).map(toPolicy)),
    defaultPolicy: parseReference(settings['defaultPolicyRef']),
  }
}

const toPolicy = (policy: Json): [string, string[]] => [
  String(policy['id']),
  ['coreAttributes', 'extendedAttributes'].flatMap(kind =>
    toNames(findValue(policy, `attributeContract.${kind}`)),
  ),
]

const toNames = (attributes: unknown): string[] =>
  (Array.isArray(attributes) ? attributes : []).flatMap(each =>
    isJson(each) && typeof each['name'] === 'string' ? [each['name']] : [],
  )
