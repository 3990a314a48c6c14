export {
  type AcceptedLoss,
  type Deployment,
  deployment,
  type NetworkShare,
  type PlatformChoice,
} from './deployment.ts';
export { readEnvFile } from './env-file.ts';
export { inheritedEnvironment, toEnvironment } from './environment.ts';
export { type ExplainedSetting, explainConfig, valueAt } from './explain.ts';
export { isLoopback } from './formats.ts';
export { readApiKeys } from './known-keys.ts';
export { ConfigError, EXIT_CONFIG, type Loaded, type LoadOptions, loadConfig } from './load.ts';
export { findNginx } from './nginx-binary.ts';
export { type ProfileName, profiles } from './profiles.ts';
export { listSettings, type PlacedSetting } from './schema.ts';
export type { Config, Setting } from './shape.ts';
export {
  control,
  declaredPorts,
  deniedPrefixes,
  isOn,
  type PortDeclaration,
  type PortName,
  portOf,
  type ServiceDeclaration,
  topology,
} from './topology.ts';
