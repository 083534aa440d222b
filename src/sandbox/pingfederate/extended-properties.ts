import type { Answer } from '../exchange.ts'
import { invalid } from './api-result.ts'
import type { Installation } from './installation.ts'
import { parseExtendedProperties, required } from './parse-body.ts'

/** `GET /extendedProperties` */
export function getExtendedProperties({ settings }: Installation): Answer {
  return { status: 200, body: { items: settings.extendedProperties } }
}

/** `PUT /extendedProperties`: replaces all of them. */
export function replaceExtendedProperties(installation: Installation, body: unknown): Answer {
  const { items = [] } = parseExtendedProperties(body)
  const errors = items.flatMap(({ name }, index) => (name ? [] : [required(`items[${index}].name`)]))
  if (errors.length > 0) throw invalid(errors)
  installation.settings.extendedProperties = items.map(item => ({ multiValued: false, ...item }))
  return getExtendedProperties(installation)
}
