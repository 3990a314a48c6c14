const variableName = '^[A-Z_][A-Z0-9_]*$';

const addons = {
  type: 'array',
  items: {
    type: 'object',
    required: ['plan'],
    additionalProperties: false,
    properties: {
      plan: { type: 'string', pattern: '^[a-z0-9-]+:[a-z0-9-]+$' },
      as: { type: 'string', pattern: variableName },
    },
  },
} as const;

/** The fields of devcenter.heroku.com/articles/build-docker-images-heroku-yml (read 2026-11), and no others. */
export const herokuManifest = {
  type: 'object',
  required: ['build'],
  additionalProperties: false,
  properties: {
    setup: {
      type: 'object',
      additionalProperties: false,
      properties: {
        addons,
        config: {
          type: 'object',
          propertyNames: { pattern: variableName },
          additionalProperties: { type: 'string' },
        },
      },
    },
    build: {
      type: 'object',
      required: ['docker'],
      additionalProperties: false,
      properties: {
        docker: {
          type: 'object',
          required: ['web'],
          additionalProperties: false,
          properties: { web: { type: 'string' } },
        },
      },
    },
    run: {
      type: 'object',
      additionalProperties: false,
      properties: { web: { type: 'string' } },
    },
  },
} as const;

/** The fields of devcenter.heroku.com/articles/app-json-schema (read 2026-11), and no others. */
export const herokuApp = {
  type: 'object',
  additionalProperties: false,
  properties: {
    name: { type: 'string', pattern: '^[a-zA-Z-_.]+', maxLength: 300 },
    description: { type: 'string' },
    stack: { const: 'container' },
    env: {
      type: 'object',
      propertyNames: { pattern: variableName },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          description: { type: 'string' },
          value: { type: 'string' },
          required: { type: 'boolean' },
          generator: { const: 'secret' },
        },
      },
    },
    addons,
    formation: {
      type: 'object',
      additionalProperties: false,
      properties: {
        web: {
          type: 'object',
          required: ['quantity'],
          additionalProperties: false,
          properties: {
            quantity: { type: 'integer', minimum: 0 },
            size: {
              enum: ['eco', 'basic', 'standard-1x', 'standard-2x', 'performance-m', 'performance-l'],
            },
          },
        },
      },
    },
  },
} as const;
