import { isJson, type Json } from '../pingfederate/json.ts'

/** What hands attributes of a person to an application. */
export type LiveIdentityMapping = {
  id: number
  name: string
  /** The attributes that it reads; null for a kind whose configuration is not known here. */
  attributes: string[] | null
}

/** Of a mapping to header fields, the only kind whose configuration is known here. */
export const parseIdentityMapping = ({ id, name, configuration }: Json): LiveIdentityMapping => {
  const mappings = isJson(configuration) ? configuration['attributeHeaderMappings'] : undefined
  return {
    id: Number(id),
    name: String(name),
    attributes: Array.isArray(mappings) ? mappings.flatMap(toAttribute) : null,
  }
}

const toAttribute = (mapping: unknown): string[] => {
  const attribute = isJson(mapping) ? mapping['attributeName'] : undefined
  return typeof attribute === 'string' && attribute !== '' ? [attribute] : []
}
