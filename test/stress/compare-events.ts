import type { Records } from './records.ts'

/** The audit trail has every change with its end, and every delivery, once. */
export const compareEvents = ({ operations, retrievals, events }: Records): string[] => {
  const told = Map.groupBy(
    events.filter(({ operation_id: id }) => id !== null),
    ({ operation_id: id }) => id,
  )
  const deliveries = Map.groupBy(
    events.filter(({ action, outcome }) => action === 'secret.redeem' && outcome === 'done'),
    ({ client_id: clientId }) => clientId,
  )
  const redeemed = Map.groupBy(
    retrievals.filter(({ state }) => state === 'redeemed'),
    ({ client_id: clientId }) => clientId,
  )
  return [
    ...operations.flatMap(({ operation_id: id, kind, state }) => {
      const outcomes = (told.get(id) ?? []).filter(({ action }) => action === `client.${kind}`)
      const actual = outcomes.map(({ outcome }) => outcome).toSorted()
      const isTold = actual.join() === ['intended', state].toSorted().join()
      return isTold ? [] : [`${id} is ${state} and in the audit trail as ${actual.join(' and ')}`]
    }),
    ...[...new Set([...deliveries.keys(), ...redeemed.keys()])]
      .filter(clientId => deliveries.get(clientId)?.length !== redeemed.get(clientId)?.length)
      .map(clientId => `${clientId}: not every delivery is in the audit trail once`),
  ]
}
