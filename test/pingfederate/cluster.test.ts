import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseClusterState, toReplicationState } from '../../src/pingfederate/cluster.ts'

const at = (second: number): string => `2026-01-01T00:00:0${second}.000Z`

test('only a clear false says that nothing is waiting for replication, and no engine is none that has it', () => {
  const nothing = { replicationRequired: true, lastReplicationTime: null, engines: [] }
  for (const body of [undefined, null, {}, 'text', []])
    assert.throws(() => parseClusterState(body), { kind: 'unexpected' })
  for (const body of [
    { replicationRequired: null },
    { replicationRequired: 'false', nodes: {} },
    { nodes: [null, 7, {}, { mode: 'CLUSTERED_CONSOLE', replicationStatus: 'SUCCEEDED' }] },
  ])
    assert.deepEqual(parseClusterState(body), nothing)
  const body = { replicationRequired: false, lastReplicationTime: at(1), nodes: null }
  assert.deepEqual(parseClusterState(body), {
    replicationRequired: false,
    lastReplicationTime: at(1),
    engines: [],
  })
  assert.equal(toReplicationState(parseClusterState(body), at(1)), 'replicating')
})

const succeeded = { status: 'SUCCEEDED', configuredAt: null }

test('engines that have ended have a client when nothing is waiting, or when they were told after it was saved', () => {
  for (const [replicationRequired, lastReplicationTime, savedAt, expected] of [
    [false, null, null, 'ready'],
    [false, at(1), at(2), 'ready'],
    [true, at(2), at(1), 'ready'],
    [true, at(1), at(2), 'replicating'],
    // In the same moment it may have been either way round.
    [true, at(1), at(1), 'replicating'],
    [true, null, at(1), 'replicating'],
    [true, at(1), null, 'replicating'],
    [true, 'yesterday', at(1), 'replicating'],
    [true, at(1), 'yesterday', 'replicating'],
    [true, '2026-01-01T01:00:02.000+01:00', at(1), 'ready'],
  ] as const) {
    const state = { replicationRequired, lastReplicationTime, engines: [succeeded, succeeded] }
    assert.equal(toReplicationState(state, savedAt), expected)
  }
})

test('73: every engine counts, by what it says of itself', () => {
  const told = { replicationRequired: false, lastReplicationTime: at(2) }
  for (const [status, configuredAt, expected] of [
    ['SUCCEEDED', null, 'ready'],
    ['FAILED', at(3), 'failed'],
    ['RETRIEVING', at(3), 'replicating'],
    ['APPLYING', at(3), 'replicating'],
    [undefined, at(3), 'replicating'],
    ['OUT_OF_DATE', at(0), 'replicating'],
    ['OUT_OF_DATE', at(1), 'ready'],
    // It had a later configuration than the client's when somebody changed something else.
    ['OUT_OF_DATE', at(3), 'ready'],
  ] as const) {
    const engines = [succeeded, { status, configuredAt }]
    assert.equal(toReplicationState({ ...told, engines }, at(1)), expected, `${status} ${configuredAt}`)
  }
})

test('73: an engine that was told and still speaks of its former configuration does not have the client', () => {
  const savedAt = '2026-01-01T00:00:02.500Z'
  for (const [lastReplicationTime, configuredAt, expected] of [
    [at(3), at(1), 'replicating'],
    [at(3), at(3), 'ready'],
    // The client's own save, by an engine that keeps seconds only.
    [at(3), at(2), 'ready'],
    [at(3), null, 'ready'],
    // Nothing was to be told since, as where clients are stored outside.
    [at(1), at(1), 'ready'],
    [null, at(1), 'ready'],
  ] as const) {
    const engines = [succeeded, { status: 'SUCCEEDED', configuredAt }]
    const state = { replicationRequired: false, lastReplicationTime, engines }
    assert.equal(toReplicationState(state, savedAt), expected, `${lastReplicationTime} ${configuredAt}`)
  }
})

test('an engine that failed before a client was saved says nothing about it', () => {
  const engines = [{ status: 'FAILED', configuredAt: null }]
  const state = { replicationRequired: true, lastReplicationTime: at(1), engines }
  assert.equal(toReplicationState(state, at(2)), 'replicating')
})
