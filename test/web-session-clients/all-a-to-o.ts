import { loadTests } from '../load-tests.ts'

// Half of the largest folder: in one process it would run on long after all others have ended.
loadTests(import.meta.dirname, '[a-o]*.test.ts')
