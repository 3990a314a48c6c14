const duration = { type: 'string', pattern: '^[0-9]+(ms|s|m|h)$' } as const;

/**
 * What a fly.toml with one public HTTP service may hold: the fields of fly.io/docs/reference/configuration and of
 * flyctl's internal/appconfig/config.go (read 2026-11), and no others.
 */
export const flyToml = {
  type: 'object',
  required: ['app', 'http_service'],
  additionalProperties: false,
  properties: {
    app: { type: 'string', pattern: '^[a-z0-9-]{1,30}$' },
    primary_region: { type: 'string', pattern: '^[a-z]{3}$' },
    kill_signal: { enum: ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGKILL', 'SIGSTOP'] },
    kill_timeout: { type: 'integer', minimum: 1, maximum: 300 },
    build: {
      type: 'object',
      additionalProperties: false,
      properties: {
        dockerfile: { type: 'string' },
        image: { type: 'string' },
        'build-target': { type: 'string' },
      },
    },
    deploy: {
      type: 'object',
      additionalProperties: false,
      properties: {
        strategy: { enum: ['rolling', 'immediate', 'canary', 'bluegreen'] },
        max_unavailable: { type: 'number', exclusiveMinimum: 0 },
        wait_timeout: duration,
      },
    },
    env: {
      type: 'object',
      // A name that begins with FLY_ is refused, and so is what is no string.
      propertyNames: { pattern: '^(?!FLY_)[A-Z_][A-Z0-9_]*$' },
      additionalProperties: { type: 'string' },
    },
    mounts: {
      type: 'array',
      maxItems: 1,
      items: {
        type: 'object',
        required: ['source', 'destination'],
        additionalProperties: false,
        properties: {
          source: { type: 'string', pattern: '^[a-z0-9_]{1,30}$' },
          destination: { type: 'string', pattern: '^/.' },
          initial_size: { type: 'string', pattern: '^[0-9]+gb$' },
        },
      },
    },
    http_service: {
      type: 'object',
      required: ['internal_port'],
      additionalProperties: false,
      properties: {
        internal_port: { type: 'integer', minimum: 1, maximum: 65_535 },
        force_https: { type: 'boolean' },
        auto_stop_machines: { enum: ['off', 'stop', 'suspend'] },
        auto_start_machines: { type: 'boolean' },
        min_machines_running: { type: 'integer', minimum: 0 },
        concurrency: {
          type: 'object',
          additionalProperties: false,
          properties: {
            type: { enum: ['connections', 'requests'] },
            soft_limit: { type: 'integer', minimum: 1 },
            hard_limit: { type: 'integer', minimum: 1 },
          },
        },
        checks: {
          type: 'array',
          items: {
            type: 'object',
            required: ['path', 'interval', 'timeout'],
            additionalProperties: false,
            properties: {
              method: { enum: ['GET', 'HEAD'] },
              path: { type: 'string', pattern: '^/' },
              grace_period: duration,
              interval: duration,
              timeout: duration,
              headers: {
                type: 'object',
                propertyNames: { enum: ['X-Forwarded-Proto'] },
                additionalProperties: { type: 'string' },
              },
            },
          },
        },
      },
    },
    restart: {
      type: 'array',
      items: {
        type: 'object',
        required: ['policy'],
        additionalProperties: false,
        properties: {
          policy: { enum: ['always', 'never', 'on-failure'] },
          retries: { type: 'integer', minimum: 1 },
        },
      },
    },
    vm: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        properties: {
          cpu_kind: { enum: ['shared', 'performance'] },
          cpus: { enum: [1, 2, 4, 8] },
          memory: { type: 'string', pattern: '^[0-9]+(mb|gb)$' },
        },
      },
    },
  },
} as const;
