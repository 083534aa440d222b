import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createShares } from '../../src/limits/shares.ts'

test('one sender gets half of the total, and whoever comes next half of what is left', () => {
  const shares = createShares(16)
  assert.ok(shares.take('greedy', 8))
  assert.equal(shares.take('greedy', 1), undefined)
  assert.ok(shares.take('next', 4))
  assert.equal(shares.take('next', 1), undefined)
  assert.ok(shares.take('third', 2))
  assert.equal(shares.taken(), 14)
})

test('what is given back can be taken again, by others too', () => {
  const shares = createShares(4)
  const giveBack = shares.take('one', 2)
  assert.ok(shares.take('two', 1))
  assert.equal(shares.take('two', 1), undefined)
  giveBack?.()
  assert.ok(shares.take('two', 1))
  assert.equal(shares.taken(), 2)
})

test('what is given back twice counts once', () => {
  const shares = createShares(4)
  const giveBack = shares.take('one', 1)
  shares.take('one', 1)
  giveBack?.()
  giveBack?.()
  assert.equal(shares.taken(), 1)
  assert.ok(shares.take('one', 1))
  assert.equal(shares.take('one', 1), undefined)
})

test('whoever takes what and gives it back in whatever order, nobody holds more than was left at that time, and in the end all of it is there', () => {
  const step = fc.record({
    sender: fc.constantFrom('one', 'two', 'three'),
    amount: fc.nat(60),
    /** Which of those that are held is given back before that. */
    givenBack: fc.option(fc.nat(20)),
  })
  fc.assert(
    fc.property(fc.array(step), steps => {
      const shares = createShares(100)
      const held: { sender: string; amount: number; giveBack: () => void }[] = []
      const sumOf = (sender?: string): number =>
        held.reduce(
          (sum, each) => sum + (sender === undefined || each.sender === sender ? each.amount : 0),
          0,
        )
      for (const { sender, amount, givenBack } of steps) {
        if (givenBack !== null) held.splice(givenBack, 1)[0]?.giveBack()
        const isFitting = sumOf(sender) + amount <= 100 - sumOf() - amount
        assert.equal(shares.fits(sender, amount), isFitting)
        const giveBack = shares.take(sender, amount)
        assert.equal(giveBack !== undefined, isFitting)
        if (giveBack) held.push({ sender, amount, giveBack })
        assert.equal(shares.taken(), sumOf())
      }
      for (const { giveBack } of held) giveBack()
      assert.equal(shares.taken(), 0)
      assert.ok(shares.take('anybody', 50))
    }),
  )
})
