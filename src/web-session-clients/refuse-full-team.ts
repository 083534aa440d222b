import type { Store } from '../database/store.ts'
import { countClients } from './count-clients.ts'
import type { CreateRequest } from './create-change.ts'
import { findTaken } from './taken.ts'

/**
 * The request, with its refusal where its team has as many clients as it may have. Whether that is so is decided in its
 * transaction ({@link keepClientLimit}), but only after it has written, and others may share that transaction: all of
 * them would be undone for each request of a team at its limit. Whoever has taken the id is told what is said of that.
 */
export const refuseFullTeam = async (
  { db }: Pick<Store, 'db'>,
  request: CreateRequest,
): Promise<CreateRequest> => {
  const { clientLimit, clientId } = request
  if (!clientLimit || request.refusal) return request
  const { team, maximum, refusal } = clientLimit
  const [count = 0] = await countClients(db, [{ team, atMost: maximum }])
  return count < maximum || (await findTaken(db, clientId)) ? request : { ...request, refusal }
}
