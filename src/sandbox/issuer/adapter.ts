import type { Adapter, AdapterFactory, AdapterPayload, ClientMetadata } from 'oidc-provider'

/** Sessions, codes and tokens in memory; clients as they are at the moment. */
export function createAdapterFactory(
  findClient: (clientId: string) => ClientMetadata | undefined,
): AdapterFactory {
  return model => {
    const adapter = createMemoryAdapter()
    if (model !== 'Client') return adapter
    return { ...adapter, find: async clientId => findClient(clientId) }
  }
}

/** Expiry is left to oidc-provider, which checks what it reads; the sandbox doesn't live long enough to leak. */
function createMemoryAdapter(): Adapter {
  const payloads = new Map<string, AdapterPayload>()

  async function findBy(field: 'uid' | 'userCode', value: string): Promise<AdapterPayload | undefined> {
    return payloads.values().find(payload => payload[field] === value)
  }

  return {
    async upsert(id, payload) {
      payloads.set(id, payload)
    },
    find: async id => payloads.get(id),
    findByUid: uid => findBy('uid', uid),
    findByUserCode: userCode => findBy('userCode', userCode),
    async consume(id) {
      const payload = payloads.get(id)
      if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000)
    },
    async destroy(id) {
      payloads.delete(id)
    },
    async revokeByGrantId(grantId) {
      for (const [id, payload] of payloads) if (payload.grantId === grantId) payloads.delete(id)
    },
  }
}
