// Made by make render from config/deployment.ts and config/topology.ts: change those, not this file.
// In this one container: gate (PORT), bridge (WHATSAPP_BRIDGE_PORT), api (API_PORT).
// Railway's configuration in TypeScript is experimental. It wants the command line 5.42.1 or later, and
// stands for railway.json and railway.toml, which are read only until 2026-12-01; keep neither beside it.
// At first: railway config apply, then railway variable set API_KEYS=…, then railway up.
// A volume means one instance, and a pause of some seconds at every deploy: the old one ends before the new
// one starts.
import { defineRailway, preserve, project, service, volume } from 'railway/iac';

export default defineRailway(() => {
  const data = volume('gatehouse-data', { sizeMB: 5000 });

  const kit = service('gatehouse', {
    build: { builder: 'DOCKERFILE', dockerfilePath: 'Dockerfile' },
    healthcheck: '/health',
    healthcheckTimeout: 300,
    replicas: 1,
    deploy: { restartPolicyType: 'ALWAYS', sleepApplication: false },
    volumeMounts: { '/data': data },
    env: {
      PORT: '8080',
      RAILWAY_DEPLOYMENT_DRAINING_SECONDS: '30',
      RAILWAY_DEPLOYMENT_OVERLAP_SECONDS: '0',
      RAILWAY_RUN_UID: '0',
      RELEASE: preserve(),
      API_KEYS: preserve(),
    },
  });

  return project('gatehouse', { resources: [kit, data] });
});
