import { cursorRefused, decodeCursor } from '../http/cursor.ts'

/** Position of an event among all: by time, then by number. */
export type Position = { at: string; id: number }

const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\d{1,15})$/

export const toCursor = ({ at, id }: Position): string => Buffer.from(`${at} ${id}`).toString('base64url')

/** @throws Problem `validation_failed` for a cursor that no page answered */
export const fromCursor = (cursor: string): Position => {
  const [, at, id] = form.exec(decodeCursor(cursor)) ?? []
  if (at === undefined) throw cursorRefused()
  return { at, id: Number(id) }
}
