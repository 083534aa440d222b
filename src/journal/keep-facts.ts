import { type Placeholders, prepare } from '../database/statement.ts'

/** Keeps, as JSON and in the transaction of the intent, what a kind has decided for whoever ends the operation. */
export const keepFacts = prepare((db, value: Placeholders<{ operationId: string; facts: string }>) =>
  db.updateTable('operation').set({ facts: value.facts }).where('operation_id', '=', value.operationId),
)
