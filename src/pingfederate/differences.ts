import { isDeepStrictEqual } from 'node:util'
import type { Difference } from '../problem.ts'
import { maskMarked } from '../secret-like.ts'
import { describe, toManaged, toSettings } from './client-fields.ts'
import type { NewClient } from './client-settings.ts'
import { addMarker, findMarker } from './marker.ts'
import type { ClientInPingFederate } from './oauth-client.ts'

/** A client as this service has set it, and the operation whose marker it was left with; none where it was left without. */
export type SetClient = Omit<NewClient, 'clientId'> & { operationId: string | undefined }

/**
 * Field by field, where a client in PingFederate is not what was set. Lists are sets, and what PingFederate fills in by
 * itself is not looked at. A marker that is not the one it was left with is shown as part of the description.
 */
export const findDifferences = (
  { raw, description }: Pick<ClientInPingFederate, 'raw' | 'description'>,
  { operationId, ...client }: SetClient,
): Difference[] => {
  const found: Readonly<Record<string, unknown>> = toSettings(raw.reveal(), client)
  const differences = Object.entries(toManaged(client))
    .filter(([name, expected]) => !isDeepStrictEqual(toComparable(expected), toComparable(found[name])))
    .map(([name, expected]) => toDifference(name, expected, found[name]))
  if (findMarker(description) === operationId) return differences
  const text = client.settings.description ?? describe(client.team)
  const marked = operationId === undefined ? text : addMarker(text, operationId)
  return [
    ...differences.filter(({ pointer }) => pointer !== '/description'),
    toDifference('description', marked, description),
  ]
}

const toComparable = (value: unknown): unknown =>
  Array.isArray(value) ? [...new Set(value)].toSorted() : value

const toDifference = (name: string, expected: unknown, actual: unknown): Difference => ({
  pointer: `/${name}`,
  expected,
  actual: mask(actual),
})

/** Somebody may have written a secret where it does not belong. */
const mask = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(mask)
  return typeof value === 'string' ? maskMarked(value) : value
}
