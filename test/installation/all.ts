import { loadTests } from '../load-tests.ts'

loadTests(import.meta.dirname)
