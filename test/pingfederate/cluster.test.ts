import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPublished, parseClusterState } from '../../src/pingfederate/cluster.ts'

const at = (second: number): string => `2026-01-01T00:00:0${second}.000Z`

test('only a clear false says that nothing is waiting for replication', () => {
  for (const body of [
    undefined,
    null,
    {},
    'text',
    [],
    { replicationRequired: null },
    { replicationRequired: 'false' },
  ])
    assert.deepEqual(parseClusterState(body), { replicationRequired: true, lastReplicationTime: null })
  const body = { replicationRequired: false, lastReplicationTime: at(1), nodes: null }
  assert.deepEqual(parseClusterState(body), { replicationRequired: false, lastReplicationTime: at(1) })
})

test('a client is published when nothing is waiting, or when it was saved before the last replication', () => {
  for (const [replicationRequired, lastReplicationTime, savedAt, expected] of [
    [false, null, null, true],
    [false, at(1), at(2), true],
    [true, at(2), at(1), true],
    [true, at(1), at(2), false],
    // In the same moment it may have been either way round.
    [true, at(1), at(1), false],
    [true, null, at(1), false],
    [true, at(1), null, false],
    [true, 'yesterday', at(1), false],
    [true, at(1), 'yesterday', false],
    [true, '2026-01-01T01:00:02.000+01:00', at(1), true],
  ] as const)
    assert.equal(isPublished({ replicationRequired, lastReplicationTime }, savedAt), expected)
})
