import { cursorRefused, decodeCursor } from '../http/cursor.ts'
import { visibleLine } from '../http/visible-line.ts'

/** The page that follows this team begins after it. */
export const toCursor = (team: string): string => Buffer.from(team).toString('base64url')

const name = new RegExp(visibleLine, 'u')

/** @throws Problem `validation_failed` for a cursor that no page answered */
export const fromCursor = (cursor: string): string => {
  const team = decodeCursor(cursor)
  if (!name.test(team) || toCursor(team) !== cursor) throw cursorRefused()
  return team
}
