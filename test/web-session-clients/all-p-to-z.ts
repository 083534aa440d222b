import { loadTests } from '../load-tests.ts'

loadTests(import.meta.dirname, '[p-z]*.test.ts')
