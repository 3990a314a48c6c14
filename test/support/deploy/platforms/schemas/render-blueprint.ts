/**
 * What a Render Blueprint with one Docker web service may hold: the fields of render.com/docs/blueprint-spec (read
 * 2026-11), and no others. `off` must be a string: older parsers read a bare off as false.
 */
export const renderBlueprint = {
  type: 'object',
  required: ['services'],
  additionalProperties: false,
  properties: {
    previews: {
      type: 'object',
      required: ['generation'],
      additionalProperties: false,
      properties: {
        generation: { enum: ['automatic', 'manual', 'off'] },
        expireAfterDays: { type: 'integer', minimum: 1 },
      },
    },
    services: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['type', 'name', 'runtime', 'plan'],
        additionalProperties: false,
        properties: {
          type: { enum: ['web', 'pserv', 'worker'] },
          name: { type: 'string', minLength: 1 },
          runtime: { const: 'docker' },
          plan: { enum: ['starter', 'standard', 'pro', 'pro plus', 'pro max', 'pro ultra'] },
          region: { enum: ['oregon', 'ohio', 'virginia', 'frankfurt', 'singapore'] },
          dockerfilePath: { type: 'string', pattern: '^\\./' },
          dockerContext: { type: 'string', minLength: 1 },
          numInstances: { type: 'integer', minimum: 1 },
          autoDeployTrigger: { enum: ['commit', 'checksPass', 'off'] },
          healthCheckPath: { type: 'string', pattern: '^/' },
          maxShutdownDelaySeconds: { type: 'integer', minimum: 1, maximum: 300 },
          domains: { type: 'array', items: { type: 'string', pattern: '^[a-z0-9.-]+$' } },
          disk: {
            type: 'object',
            required: ['name', 'mountPath'],
            additionalProperties: false,
            properties: {
              name: { type: 'string', minLength: 1 },
              mountPath: { type: 'string', pattern: '^/.' },
              sizeGB: { type: 'integer', minimum: 1 },
            },
          },
          envVars: {
            type: 'array',
            items: {
              oneOf: [
                {
                  type: 'object',
                  required: ['key', 'value'],
                  additionalProperties: false,
                  properties: {
                    key: { type: 'string', pattern: '^[A-Z_][A-Z0-9_]*$' },
                    value: { type: 'string' },
                  },
                },
                {
                  type: 'object',
                  required: ['key', 'sync'],
                  additionalProperties: false,
                  properties: {
                    key: { type: 'string', pattern: '^[A-Z_][A-Z0-9_]*$' },
                    sync: { const: false },
                  },
                },
              ],
            },
          },
        },
      },
    },
  },
} as const;
