/**
 * As much of `railway/iac` as a kit with one service and one volume may use: docs.railway.com
 * /infrastructure-as-code/reference and the types of npm's railway 3.11.0, both read in November 2026. The rendered
 * file was checked and evaluated with that package itself.
 */
declare module 'railway/iac' {
  interface Volume {
    readonly type: 'volume';
  }
  interface Service {
    readonly type: 'service';
  }
  interface Project {
    readonly name: string;
  }
  interface Preserved {
    readonly type: 'preserve';
  }
  interface ServiceConfig {
    build?: { builder?: 'DOCKERFILE' | 'RAILPACK' | 'NIXPACKS'; dockerfilePath?: string };
    start?: string;
    healthcheck?: string;
    healthcheckTimeout?: number;
    replicas?: number | Record<string, number>;
    deploy?: {
      restartPolicyType?: 'ON_FAILURE' | 'ALWAYS' | 'NEVER';
      restartPolicyMaxRetries?: number;
      sleepApplication?: boolean;
    };
    domains?: (string | { domain: string; port?: number })[];
    volumeMounts?: Record<string, Volume>;
    env?: Record<string, string | Preserved>;
  }
  export function defineRailway(program: () => Project): () => Project;
  export function project(name: string, definition: { resources: (Service | Volume)[] }): Project;
  export function service(name: string, config?: ServiceConfig): Service;
  export function volume(name: string, config?: { region?: string; sizeMB?: number }): Volume;
  export function preserve(): Preserved;
}
