import { loadTests } from '../load-tests.ts'

loadTests(import.meta.dirname, '[l-z]*.test.ts')
