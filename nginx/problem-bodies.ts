import { type ErrorCode, KitError } from '../services/contract/errors.ts';
import { toProblem } from '../services/contract/problem.ts';
import { quoted } from './template.ts';

/** Returns the problem document of an error as nginx returns it: `$rid` in it is the id of the request. */
export function problemBody(code: ErrorCode, detail: string): string {
  return quoted(JSON.stringify(toProblem(new KitError(code, detail), '$rid')));
}

/** Replaces each `{{PROBLEM:code:detail}}` of a template with the problem document of that error. */
export function fillProblems(template: string): string {
  return template.replace(/\{\{PROBLEM:(\w+):([^}]*)\}\}/g, (_match, code: ErrorCode, detail: string) =>
    problemBody(code, detail),
  );
}
