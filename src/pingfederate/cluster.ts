/** `GET /cluster/status`, as far as it tells whether a saved client has reached the engines. */
export type ClusterState = { replicationRequired: boolean; lastReplicationTime: string | null }

export const parseClusterState = (body: unknown): ClusterState => {
  const { replicationRequired, lastReplicationTime } = (body ?? {}) as Record<string, unknown>
  return {
    // Anything but a clear false means that it is not known to be done.
    replicationRequired: replicationRequired !== false,
    lastReplicationTime: typeof lastReplicationTime === 'string' ? lastReplicationTime : null,
  }
}

/** Whether a client saved at `savedAt` (both times by PingFederate's clock) has been published. */
export const isPublished = (state: ClusterState, savedAt: string | null): boolean => {
  if (!state.replicationRequired) return true
  if (savedAt === null || state.lastReplicationTime === null) return false
  return Date.parse(state.lastReplicationTime) > Date.parse(savedAt)
}
