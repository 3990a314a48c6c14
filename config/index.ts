export {
  type AcceptedLoss,
  type Deployment,
  deployment,
  type NetworkShare,
  type PlatformChoice,
} from './deployment.ts';
export { readEnvFile } from './env-file.ts';
export {
  forgetSecrets,
  inheritedEnvironment,
  sensitiveVariables,
  toEnvironment,
} from './environment.ts';
export { type ExplainedSetting, explainConfig } from './explain.ts';
export { isLoopback } from './formats.ts';
export { asksForKeys, readKeysFile } from './keys/keys-file.ts';
export { faultOfKeysFile, keysFileRules, readApiKeys, usableKeys } from './keys/known-keys.ts';

export { ConfigError, EXIT_CONFIG, type Loaded, type LoadOptions, loadConfig } from './load.ts';
export { findNginx } from './nginx-binary.ts';
export { type ProfileName, profiles } from './profiles.ts';
export { readSandboxPage, SANDBOX_SWITCHES } from './sandbox-page.ts';
export { type Config, listSettings, type PlacedSetting, valueAt } from './schema.ts';
export {
  declaredHosts,
  declaredPorts,
  hostOf,
  isOn,
  portOf,
  secretsOf,
  serviceWithRole,
  variablesFor,
} from './service-lookup.ts';
export type { Setting } from './setting.ts';
export {
  control,
  deniedPrefixes,
  type PortDeclaration,
  type PortName,
  type ServiceDeclaration,
  type ServiceRole,
  topology,
} from './topology.ts';
