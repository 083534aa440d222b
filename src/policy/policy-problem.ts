import type { Violation } from '../problem.ts'

/** What is wrong with a policy file, by JSON Pointer into it; the empty one is the file as a whole. */
export type PolicyProblem = Pick<Violation, 'pointer' | 'rule' | 'value' | 'detail' | 'fix'>
