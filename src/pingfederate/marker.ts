const markerAtTheEnd = / ?\[web-session-clients ([0-9a-f-]{36})\]$/

/** Marks a client as written by one operation of this service; the id is unique, so finding it proves whose client it is. */
export const addMarker = (text: string, operationId: string): string =>
  `${text} [web-session-clients ${operationId}]`

/** The operation whose marker a description ends with. */
export const findMarker = (description: string): string | undefined => markerAtTheEnd.exec(description)?.[1]

/** The description as it was before it was marked. */
export const stripMarker = (description: string): string => description.replace(markerAtTheEnd, '')
