import type { Store } from '../../src/database/store.ts'
import { findByText } from '../../src/web-session-clients/find-by-text.ts'
import { insertClients } from '../web-session-clients/many-clients.ts'

/** As many as a search takes as a sample, and one that has another text. */
export const fillTexts = (store: Store): Promise<unknown> =>
  insertClients(store, [
    ...Array.from({ length: 150 }, (_, index) => ({ client_id: `client-${1_000 + index}` })),
    { client_id: 'z', name: 'Invoices', search_text: 'z\ninvoices' },
  ])

export const findInvoices = async (store: Store): Promise<string[] | undefined> =>
  (await findByText(store, { search: 'invoices', after: '' }))?.map(({ clientId }) => clientId)
