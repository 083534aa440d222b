import { clientIdPattern } from '../client-id.ts'
import { cursorRefused, decodeCursor } from '../http/cursor.ts'

/** The page that follows this client begins after it. */
export const toCursor = (clientId: string): string => Buffer.from(clientId).toString('base64url')

/** @throws Problem `validation_failed` for a cursor that no page answered */
export const fromCursor = (cursor: string): string => {
  const clientId = decodeCursor(cursor)
  if (!new RegExp(clientIdPattern).test(clientId)) throw cursorRefused()
  return clientId
}
