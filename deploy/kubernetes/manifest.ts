import type { RenderInput } from '../platform.ts';
import { yamlText } from '../rendering/yaml-text.ts';

/** An object of Kubernetes, as far as everyone here must know it. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

export function metadata(input: RenderInput, name: string, component = name): ManifestObject['metadata'] {
  return { name, labels: podLabels(input, component) };
}

/** What a pod is known by, to its workload, its Service and the policies. */
export function podLabels({ deployment }: RenderInput, component: string): Record<string, string> {
  return { 'app.kubernetes.io/name': deployment.name, 'app.kubernetes.io/component': component };
}

/** Several objects as one YAML file, without its header. */
export function toYaml(objects: readonly object[]): string {
  return objects.map(yamlText).join('---\n');
}
