import { writeFileSync } from 'node:fs'
import { onnxSteps } from './onnx-steps.ts'

/** Writes what the onnx executor gives for the steps that the GPU is compared on: `reference.ts PATH`. */
writeFileSync(process.argv[2] ?? 'reference.json', JSON.stringify(await onnxSteps()))
